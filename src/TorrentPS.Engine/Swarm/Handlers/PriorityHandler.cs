using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

internal sealed class PriorityHandler(
    SwarmState swarm,
    Requester requester,
    ConnectionHandler connections,
    LifecycleHandler lifecycle,
    WebSeedHandler webSeeds)
{
    /// <summary>
    /// Sets the priority of every piece, and discards partial pieces that are skipped now. Resumes the download if a
    /// wanted piece is missing after the change. Otherwise ends the download.
    /// </summary>
    /// <param name="priorities">
    /// The priority of each piece. If the list is shorter than the number of pieces, the remaining pieces get
    /// <see cref="DownloadPriority.Normal"/>.
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

        ResumeDownload();
        lifecycle.OnProgress();
        if (!swarm.IsActive)
            return;
        foreach (Peer peer in swarm.Peers.All)
            requester.UpdateInterest(peer);
        requester.TopUpAll();

        // Seeds are dialed again.
        connections.Dial();
        lifecycle.CheckGoal();
    }

    /// <summary>Resumes the download of a finished torrent if a wanted piece is missing.</summary>
    private void ResumeDownload()
    {
        if (swarm.Picker.IsFinished || swarm.Settings.Torrent.Role != TorrentRole.Download)
            return;
        swarm.CompletedAt = null;
        if (swarm.State is not (TorrentState.Finished or TorrentState.Seeding))
            return;

        // Seeds that were disconnected as useless can be dialed again without delay.
        swarm.ChangeState(TorrentState.Downloading);
        swarm.Candidates.ClearDelays();
        webSeeds.Reset();
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
