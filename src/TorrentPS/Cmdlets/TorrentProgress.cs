using System.Management.Automation;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Cmdlets;

/// <summary>A torrent's progress bar: percent, rate, time to go and peers.</summary>
internal static class TorrentProgress
{
    public static ProgressRecord Of(Torrent torrent, int activityId)
    {
        EngineStatus status = torrent.Status;
        string detail = status.State switch
        {
            TorrentState.Checking => $"{status.Progress:0.0} % checked of {ByteSize.Format(status.Size)}",
            TorrentState.Downloading => string.Join(
                ", ",
                new[]
                {
                    $"{status.Progress:0.0} % of {ByteSize.Format(status.WantedSize)}",
                    ByteSize.FormatRate(status.DownloadRate),
                    Peers(status),
                }.Where(part => part.Length > 0)),
            _ => $"{Peers(status)}, {ByteSize.Format(status.Uploaded)} sent, ratio {status.Ratio:0.00}",
        };
        return new ProgressRecord(activityId, $"{status.State} {status.Name}", detail)
        {
            PercentComplete = (int)Math.Clamp(status.Progress, 0, 100),
            SecondsRemaining = status.Eta is { TotalSeconds: < int.MaxValue } eta ? (int)eta.TotalSeconds : -1,
        };
    }

    private static string Peers(EngineStatus status) => status.Peers == 1 ? "1 peer" : $"{status.Peers} peers";
}
