using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>A status object per line, the last line the result object; warnings are in every object that follows them.</summary>
internal sealed class JsonDisplay(TextWriter output) : ITransferDisplay
{
    private readonly List<string> _warnings = [];

    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(status => JsonLines.Write(output, StatusRecord.Of(status) with { Warnings = [.. _warnings] }));

    public void Warn(string warning) => _warnings.Add(warning);

    public void Finish(TorrentResult result) => JsonLines.Write(output, ResultRecord.Of(result) with { Warnings = [.. _warnings] });
}
