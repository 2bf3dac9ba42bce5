using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// Measurements of a running torrent at one moment, taken by Measure-Torrent. Byte counts begin when the torrent is
/// started.
/// </summary>
/// <remarks>All properties are numbers, strings, dates or enumeration values, so that Export-Csv shows them.</remarks>
public sealed class TorrentSample
{
    private readonly TimeSpan _uptime;

    internal TorrentSample(
        DateTime time, TimeSpan elapsed, Torrent torrent, IReadOnlyList<PeerStatus> peers, TorrentSample? before)
    {
        EngineStatus status = torrent.Status;
        TorrentSettings settings = torrent.Settings;
        Time = IsoTime.Of(time);
        ElapsedSeconds = Math.Round(elapsed.TotalSeconds, 3);
        Name = status.Name;
        State = status.State;
        Progress = status.Progress;
        _uptime = status.Elapsed;

        // The engine updates the status a few times a second. The rates are computed over the time between the updates
        // that the two samples contain, not over the time between the samples.
        double seconds = (_uptime - (before?._uptime ?? _uptime)).TotalSeconds;
        DownloadRate = Rate(status.DownloadRate, status.Downloaded, before?.Downloaded, before?.DownloadRate, seconds);
        UploadRate = Rate(status.UploadRate, status.Uploaded, before?.Uploaded, before?.UploadRate, seconds);
        DownloadLimit = settings.DownloadLimit;
        UploadLimit = settings.UploadLimit;
        DownloadUtilisation = Percent(DownloadRate, settings.DownloadLimit);
        UploadUtilisation = Percent(UploadRate, settings.UploadLimit);
        Downloaded = status.Downloaded;
        Uploaded = status.Uploaded;
        Wasted = status.Wasted;
        HashFailed = status.HashFailed;
        WastePercent = Percent(status.Wasted + status.HashFailed, status.Downloaded) ?? 0;
        ProtocolDownloaded = status.ProtocolDownloaded;
        ProtocolUploaded = status.ProtocolUploaded;
        Peers = status.Peers;
        Seeds = status.Seeds;
        Unchoked = peers.Count(peer => !peer.Flags.HasFlag(PeerFlags.Choked));
        Interested = peers.Count(peer => peer.Flags.HasFlag(PeerFlags.RemoteInterested));
        UnchokedBy = peers.Count(peer => !peer.Flags.HasFlag(PeerFlags.RemoteChoked));
        RequestsOut = peers.Sum(peer => peer.RequestsOut);
        RequestsIn = peers.Sum(peer => peer.RequestsIn);
        InfoHash = status.InfoHash?.ToString() ?? status.InfoHashV2?.ToString();
    }

    /// <summary>Local time of the sample: a DateTime wrapped by <see cref="IsoTime"/>.</summary>
    public PSObject Time { get; }

    /// <summary>Seconds since the measurement began.</summary>
    public double ElapsedSeconds { get; }

    /// <summary>The torrent's name.</summary>
    public string Name { get; }

    /// <summary>The torrent's state.</summary>
    public TorrentState State { get; }

    /// <summary>Percentage of the wanted bytes that are verified and on disk, from 0 to 100.</summary>
    public double Progress { get; }

    /// <summary>
    /// Average download rate of payload in bytes/s since the previous sample. In the first sample, it is the engine's
    /// average over the last few seconds.
    /// </summary>
    public long DownloadRate { get; }

    /// <summary>
    /// Average upload rate of payload in bytes/s since the previous sample. In the first sample, it is the engine's
    /// average over the last few seconds.
    /// </summary>
    public long UploadRate { get; }

    /// <summary>
    /// The torrent's own download limit in bytes/s; null if it has none. The session's limit can be lower.
    /// </summary>
    public long? DownloadLimit { get; }

    /// <summary>
    /// The torrent's own upload limit in bytes/s; null if it has none. The session's limit can be lower.
    /// </summary>
    public long? UploadLimit { get; }

    /// <summary>
    /// <see cref="DownloadRate"/> as a percentage of <see cref="DownloadLimit"/>; null if there is no limit.
    /// </summary>
    public double? DownloadUtilisation { get; }

    /// <summary>
    /// <see cref="UploadRate"/> as a percentage of <see cref="UploadLimit"/>; null if there is no limit.
    /// </summary>
    public double? UploadUtilisation { get; }

    /// <summary>Payload bytes received, including <see cref="Wasted"/> and <see cref="HashFailed"/>.</summary>
    public long Downloaded { get; }

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded { get; }

    /// <summary>Payload bytes received and discarded: blocks that had already arrived or were not requested.</summary>
    public long Wasted { get; }

    /// <summary>Payload bytes received in pieces that failed their hash check.</summary>
    public long HashFailed { get; }

    /// <summary>
    /// The sum of <see cref="Wasted"/> and <see cref="HashFailed"/> as a percentage of <see cref="Downloaded"/>.
    /// </summary>
    public double WastePercent { get; }

    /// <summary>Bytes received that are not payload.</summary>
    public long ProtocolDownloaded { get; }

    /// <summary>Bytes sent that are not payload.</summary>
    public long ProtocolUploaded { get; }

    /// <summary>Number of connected peers.</summary>
    public int Peers { get; }

    /// <summary>Number of connected peers that are seeds.</summary>
    public int Seeds { get; }

    /// <summary>Number of peers that this client has unchoked.</summary>
    public int Unchoked { get; }

    /// <summary>Number of peers that are interested in this client.</summary>
    public int Interested { get; }

    /// <summary>Number of peers that have unchoked this client.</summary>
    public int UnchokedBy { get; }

    /// <summary>Number of blocks requested from all peers and not received yet.</summary>
    public int RequestsOut { get; }

    /// <summary>Number of blocks that peers have requested and that are not sent yet.</summary>
    public int RequestsIn { get; }

    /// <summary>
    /// The torrent's info hash in lower-case hexadecimal: the v1 hash, or the v2 hash if the torrent has no v1 hash.
    /// </summary>
    public string? InfoHash { get; }

    private static long Rate(long average, long bytes, long? bytesBefore, long? rateBefore, double seconds)
    {
        if (bytesBefore is null)
            return average;
        return seconds > 0 ? (long)((bytes - bytesBefore.Value) / seconds) : rateBefore ?? 0;
    }

    private static double? Percent(long part, long? whole) =>
        whole is > 0 and { } all ? Math.Round(100.0 * part / all, 2) : null;
}
