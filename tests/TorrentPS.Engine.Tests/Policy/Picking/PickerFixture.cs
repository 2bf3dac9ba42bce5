using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Policy.Picking;

/// <summary>Shorthands for calls of the picker.</summary>
internal static class PickerFixture
{
    public const int BlocksPerPiece = 4;

    public static PiecePicker Picker(int pieces, PieceStrategy strategy = PieceStrategy.RarestFirst, int seed = 1) =>
        new(Geometry(pieces), strategy, new Random(seed));

    public static TorrentGeometry Geometry(int pieces) =>
        TorrentGeometry.Continuous(
            (long)pieces * BlocksPerPiece * TorrentGeometry.BlockLength,
            BlocksPerPiece * TorrentGeometry.BlockLength);

    public static PeerIndex Peer(int number) => new(number);

    public static PieceIndex Piece(int number) => new(number);

    public static Bitfield Everything(int pieces)
    {
        var all = new Bitfield(pieces);
        all.Fill();
        return all;
    }

    public static Bitfield Only(int pieces, params int[] which)
    {
        var some = new Bitfield(pieces);
        foreach (int piece in which)
            some.Add(Piece(piece));
        return some;
    }

    public static BlockAddress[] Pick(this PiecePicker picker, int peer, Bitfield has, int count, int hint = 0)
    {
        var blocks = new BlockAddress[count];
        return blocks[..picker.Pick(Peer(peer), has, hint, blocks)];
    }

    public static BlockAddress[] PickEndgame(
        this PiecePicker picker, int peer, Bitfield has, int count, params long[] rates)
    {
        var blocks = new BlockAddress[count];
        return blocks[..picker.PickEndgame(Peer(peer), has, Endgame.MaxRequesters, rates, blocks)];
    }

    public static BlockResult Receive(this PiecePicker picker, BlockAddress block, int peer) =>
        picker.MarkReceived(block, Peer(peer));

    public static int[] Pieces(this IEnumerable<BlockAddress> blocks) =>
        [.. blocks.Select(b => b.Piece.Value).Distinct()];
}
