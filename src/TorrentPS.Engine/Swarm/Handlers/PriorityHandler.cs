using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>The user changes what is wanted while the torrent runs.</summary>
internal sealed class PriorityHandler(SwarmState swarm, Requester requester, LifecycleHandler lifecycle)
{
    /// <summary>Takes the new wish for each piece; pieces beyond the list are <see cref="DownloadPriority.Normal"/>.</summary>
    public void OnChanged(IReadOnlyList<DownloadPriority> priorities)
    {
        for (int i = 0; i < swarm.Geometry.PieceCount; i++)
        {
            var piece = new PieceIndex(i);
            DownloadPriority wish = i < priorities.Count ? priorities[i] : DownloadPriority.Normal;
            swarm.Picker.SetPriority(piece, wish);

            // A whole piece is paid for: its hash is awaited and it is kept.
            bool begun = !swarm.Picker.Contributors(piece).IsEmpty;
            if (wish == DownloadPriority.Skip && begun && !swarm.Picker.HasAllBlocks(piece))
                Abandon(piece);
        }

        lifecycle.OnWishesChanged();
    }

    private void Abandon(PieceIndex piece)
    {
        TorrentGeometry geometry = swarm.Geometry;
        for (int i = 0; i < geometry.BlockCountOf(piece); i++)
            requester.CancelElsewhere(geometry.Block(piece, i), null);
        swarm.Picker.Reset(piece);
        swarm.Store.Discard(piece);
    }
}
