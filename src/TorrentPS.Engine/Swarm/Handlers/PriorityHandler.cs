using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

internal sealed class PriorityHandler(SwarmState swarm, Requester requester, LifecycleHandler lifecycle)
{
    /// <summary>Sets the priority of every piece. Discards partial pieces that are skipped now.</summary>
    /// <param name="priorities">
    /// The priority of each piece. Pieces beyond the end of the list get <see cref="DownloadPriority.Normal"/>.
    /// </param>
    public void OnChanged(IReadOnlyList<DownloadPriority> priorities)
    {
        for (int i = 0; i < swarm.Geometry.PieceCount; i++)
        {
            var piece = new PieceIndex(i);
            DownloadPriority priority = i < priorities.Count ? priorities[i] : DownloadPriority.Normal;
            swarm.Picker.SetPriority(piece, priority);

            // A piece with all blocks is kept: only its hash check is outstanding.
            bool isPartial = !swarm.Picker.Contributors(piece).IsEmpty;
            if (priority == DownloadPriority.Skip && isPartial && !swarm.Picker.HasAllBlocks(piece))
                Discard(piece);
        }

        lifecycle.OnPrioritiesChanged();
    }

    private void Discard(PieceIndex piece)
    {
        TorrentGeometry geometry = swarm.Geometry;
        for (int i = 0; i < geometry.BlockCountOf(piece); i++)
            requester.CancelElsewhere(geometry.Block(piece, i), null);
        swarm.Picker.Reset(piece);
        swarm.Store.Discard(piece);
    }
}
