using System.Diagnostics.Metrics;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Engine.Session;

/// <summary>A running session as seen by <c>dotnet-counters</c> and other listeners: the meter <c>TorrentPS</c>.</summary>
internal sealed class SessionMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "TorrentPS";

    private readonly Meter _meter = new(MeterName);

    public SessionMetrics(TorrentSession session, SessionResources resources)
    {
        IEnumerable<TorrentStatus> Statuses() => session.Torrents.Select(torrent => torrent.Status);

        _meter.CreateObservableCounter("torrentps.downloaded", () => Statuses().Sum(status => status.Downloaded), "By", "Payload bytes received");
        _meter.CreateObservableCounter("torrentps.uploaded", () => Statuses().Sum(status => status.Uploaded), "By", "Payload bytes sent");
        _meter.CreateObservableCounter("torrentps.wasted", () => Statuses().Sum(status => status.Wasted), "By", "Payload bytes received and not needed");
        _meter.CreateObservableCounter("torrentps.hash_failed", () => Statuses().Sum(status => status.HashFailed), "By", "Payload bytes in wrong pieces");
        _meter.CreateObservableGauge("torrentps.download_rate", () => Statuses().Sum(status => status.DownloadRate), "By/s", "Payload bytes per second received");
        _meter.CreateObservableGauge("torrentps.upload_rate", () => Statuses().Sum(status => status.UploadRate), "By/s", "Payload bytes per second sent");
        _meter.CreateObservableGauge("torrentps.torrents", () => Statuses().Count(status => !status.HasEnded), "{torrent}", "Torrents that have not ended");
        _meter.CreateObservableGauge("torrentps.peers", () => Statuses().Sum(status => status.Peers), "{peer}", "Connected peers");
        _meter.CreateObservableGauge("torrentps.blocks", () => resources.Blocks.Outstanding, "{block}", "Received blocks that wait for their piece");
    }

    public void Dispose() => _meter.Dispose();
}
