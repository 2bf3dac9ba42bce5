using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

internal static class TorrentProgress
{
    public static ProgressRecord Of(Torrent torrent, int activityId)
    {
        EngineStatus status = torrent.Status;
        string detail = status.State switch
        {
            TorrentState.Queued => "waits until another download ends",
            TorrentState.Checking => $"{status.Progress:0.0} % checked of {ByteSize.Format(status.Size)}",
            TorrentState.DownloadingMetadata => $"{status.Progress:0} % of the metadata, {Peers(status.Peers)}",
            TorrentState.Stalled => $"{status.Progress:0.0} %, {status.StalledReason?.Describe()}",
            TorrentState.Downloading => string.Join(
                ", ",
                new[]
                {
                    $"{status.Progress:0.0} % of {ByteSize.Format(status.WantedSize)}",
                    ByteSize.FormatRate(status.DownloadRate),
                    Peers(status.Peers),
                }.Where(part => part.Length > 0)),
            _ => $"{Peers(status.Peers)}, {ByteSize.Format(status.Uploaded)} sent, ratio {status.Ratio:0.00}",
        };
        return new ProgressRecord(activityId, $"{status.State} {status.Name}", detail)
        {
            PercentComplete = (int)Math.Clamp(status.Progress, 0, 100),
            SecondsRemaining = status.Eta is { TotalSeconds: < int.MaxValue } eta ? (int)eta.TotalSeconds : -1,
        };
    }

    public static ProgressRecord Of(MagnetLink link, MetadataProgress progress) =>
        new(0, $"Downloading the metadata of {link.Title}", progress.Size is { } size
            ? $"{ByteSize.Format(progress.Received)} of {ByteSize.Format(size)}, {Peers(progress.Peers)}"
            : $"{Peers(progress.Peers)} connected, {progress.KnownPeers} more known")
        {
            PercentComplete = progress.Size is { } whole ? (int)(100L * progress.Received / whole) : -1,
        };

    private static string Peers(int count) => count == 1 ? "1 peer" : $"{count} peers";
}
