namespace TorrentPS.Engine.Tests.Session;

/// <summary>Waits for what a torrent comes to.</summary>
internal static class TorrentStates
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Ends when the torrent is in a state, with the status that said so.</summary>
    public static async Task<TorrentStatus> ReachAsync(this Torrent torrent, TorrentState state)
    {
        var reached = new TaskCompletionSource<TorrentStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        torrent.StateChanged += (_, status) =>
        {
            if (status.State == state)
                reached.TrySetResult(status);
        };
        if (torrent.Status.State == state)
            return torrent.Status;
        return await reached.Task.WaitAsync(s_limit);
    }
}
