namespace TorrentPS.Engine.Tests.Session;

/// <summary>Waits for states of a torrent.</summary>
internal static class TorrentStates
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the torrent is in a state, and returns the status with it.</summary>
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
