using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Shows a running transfer and its result.</summary>
internal interface ITransferDisplay
{
    /// <summary>Runs a transfer, which passes each new status to the action it receives.</summary>
    Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer);

    /// <summary>Shows a warning of the session. Called between two statuses, once for each warning.</summary>
    void Warn(string warning);

    /// <summary>Shows the result.</summary>
    void Finish(TorrentResult result);
}
