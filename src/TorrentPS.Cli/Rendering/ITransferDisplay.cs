using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Cli.Rendering;

/// <summary>How a running transfer and its outcome are shown.</summary>
internal interface ITransferDisplay
{
    /// <summary>Runs a transfer, which shows each new status by calling what it is given.</summary>
    Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer);

    /// <summary>Shows what the user should know of the session. Called between statuses, once for each thing.</summary>
    void Warn(string warning);

    /// <summary>Shows the outcome.</summary>
    void Finish(TorrentResult result);
}
