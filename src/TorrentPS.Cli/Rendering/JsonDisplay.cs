using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Writes each status as a JSON object on one line, the result last. A warning is in every object after it.</summary>
internal sealed class JsonDisplay(TextWriter output) : ITransferDisplay
{
    private readonly List<string> _warnings = [];

    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer) =>
        transfer(status => JsonLines.Write(output, TransferJson.Of(status, _warnings)));

    public void Warn(string warning) => _warnings.Add(warning);

    public void Finish(TorrentResult result) => JsonLines.Write(output, TransferJson.Of(result, _warnings));
}
