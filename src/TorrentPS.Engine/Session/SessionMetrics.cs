using System.Diagnostics.Metrics;

namespace TorrentPS.Engine.Session;

/// <summary>A running session as seen by <c>dotnet-counters</c> and other listeners: the meter <c>TorrentPS</c>.</summary>
internal sealed class SessionMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "TorrentPS";

    private readonly Meter _meter = new(MeterName);

    /// <param name="statuses">Returns the newest status of every torrent of the session.</param>
    /// <param name="resources">The parts that the session's torrents share.</param>
    public SessionMetrics(Func<IEnumerable<TorrentStatus>> statuses, SessionResources resources)
    {
        _meter.CreateObservableCounter("torrentps.downloaded", () => statuses().Sum(status => status.Downloaded), "By", "Payload bytes received");
        _meter.CreateObservableCounter("torrentps.uploaded", () => statuses().Sum(status => status.Uploaded), "By", "Payload bytes sent");
        _meter.CreateObservableCounter("torrentps.wasted", () => statuses().Sum(status => status.Wasted), "By", "Payload bytes received and not needed");
        _meter.CreateObservableCounter("torrentps.hash_failed", () => statuses().Sum(status => status.HashFailed), "By", "Payload bytes in wrong pieces");
        _meter.CreateObservableGauge("torrentps.download_rate", () => statuses().Sum(status => status.DownloadRate), "By/s", "Payload bytes per second received");
        _meter.CreateObservableGauge("torrentps.upload_rate", () => statuses().Sum(status => status.UploadRate), "By/s", "Payload bytes per second sent");
        _meter.CreateObservableGauge("torrentps.torrents", () => statuses().Count(status => !status.HasEnded), "{torrent}", "Torrents that have not ended");
        _meter.CreateObservableGauge("torrentps.peers", () => statuses().Sum(status => status.Peers), "{peer}", "Connected peers");
        _meter.CreateObservableGauge("torrentps.blocks", () => resources.Blocks.Outstanding, "{block}", "Received blocks that wait for their piece");
    }

    public void Dispose() => _meter.Dispose();
}
