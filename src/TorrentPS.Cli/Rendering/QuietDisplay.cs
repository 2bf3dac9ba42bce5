using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Shows nothing. Errors are still written when the command fails.</summary>
internal sealed class QuietDisplay : ITransferDisplay
{
    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) => transfer(
        _ => { });

    public void Warn(string warning)
    {
    }

    public void Finish(TorrentResult result)
    {
    }
}
