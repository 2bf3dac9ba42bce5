using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

internal static class PieceReport
{
    public static IReadOnlyList<PieceStatus> Of(SwarmState swarm)
    {
        var pieces = new PieceStatus[swarm.Geometry.PieceCount];
        for (int i = 0; i < pieces.Length; i++)
            pieces[i] = Of(new PieceIndex(i), swarm);
        return pieces;
    }

    private static PieceStatus Of(PieceIndex piece, SwarmState swarm)
    {
        bool have = swarm.Picker.Have.Contains(piece);
        int count = swarm.Geometry.BlockCountOf(piece);
        int received = have ? count : swarm.Picker.BlocksReceived(piece);
        int requested = swarm.Picker.BlocksRequested(piece);
        return new PieceStatus(
            piece.Value,
            swarm.Geometry.LengthOf(piece),
            have ? PieceState.Verified
                : received + requested > 0 ? PieceState.Partial
                : swarm.Picker.Wants(piece) ? PieceState.Missing
                : PieceState.Unwanted,
            swarm.Picker.PriorityOf(piece),
            swarm.Picker.AvailabilityOf(piece),
            count,
            received,
            requested);
    }
}
