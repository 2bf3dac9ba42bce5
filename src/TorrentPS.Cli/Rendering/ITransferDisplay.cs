using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Shows a running transfer and its result.</summary>
internal interface ITransferDisplay
{
    /// <summary>
    /// Runs a transfer and shows its progress. The transfer calls the given action with each new status.
    /// </summary>
    Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer);

    /// <summary>Shows a warning of the session. Called between two statuses, once for each warning.</summary>
    void Warn(string warning);

    /// <summary>Shows the result.</summary>
    void Finish(TorrentResult result);
}
