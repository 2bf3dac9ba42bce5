using System.Diagnostics.Metrics;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Publishes counters and gauges of a session through the meter <c>TorrentPS</c>, for <c>dotnet-counters</c> and other
/// listeners.
/// </summary>
internal sealed class SessionMetrics : IDisposable
{
    public const string MeterName = "TorrentPS";

    private readonly Meter _meter = new(MeterName);

    public SessionMetrics(Func<IEnumerable<TorrentStatus>> statuses, SessionResources resources)
    {
        _meter.CreateObservableCounter(
            "torrentps.downloaded", () => statuses().Sum(status => status.Downloaded), "By", "Payload bytes received");
        _meter.CreateObservableCounter(
            "torrentps.uploaded", () => statuses().Sum(status => status.Uploaded), "By", "Payload bytes sent");
        _meter.CreateObservableCounter(
            "torrentps.wasted",
            () => statuses().Sum(status => status.Wasted),
            "By",
            "Payload bytes that were received and not needed");
        _meter.CreateObservableCounter(
            "torrentps.hash_failed",
            () => statuses().Sum(status => status.HashFailed),
            "By",
            "Payload bytes in pieces that failed their hash check");
        _meter.CreateObservableGauge(
            "torrentps.download_rate",
            () => statuses().Sum(status => status.DownloadRate),
            "By/s",
            "Payload bytes per second received");
        _meter.CreateObservableGauge(
            "torrentps.upload_rate",
            () => statuses().Sum(status => status.UploadRate),
            "By/s",
            "Payload bytes per second sent");
        _meter.CreateObservableGauge(
            "torrentps.torrents",
            () => statuses().Count(status => !status.HasEnded),
            "{torrent}",
            "Torrents that have not ended");
        _meter.CreateObservableGauge(
            "torrentps.peers", () => statuses().Sum(status => status.Peers), "{peer}", "Connected peers");
        _meter.CreateObservableGauge(
            "torrentps.blocks", () => resources.Blocks.Outstanding, "{block}", "Blocks in use of the block pool");
    }

    public void Dispose() => _meter.Dispose();
}
