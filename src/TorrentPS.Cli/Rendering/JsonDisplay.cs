using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Cli.Rendering;

/// <summary>A status object per line, the last line the result object.</summary>
internal sealed class JsonDisplay(TextWriter output) : ITransferDisplay
{
    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(status => JsonLines.Write(output, StatusRecord.Of(status)));

    public void Finish(TorrentResult result) => JsonLines.Write(output, ResultRecord.Of(result));
}
