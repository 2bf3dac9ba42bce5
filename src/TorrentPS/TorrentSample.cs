using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// What a running torrent was doing at one moment of a measurement, flat and typed for Export-Csv. Sizes are bytes since the torrent
/// was started, rates bytes/s since the sample before.
/// </summary>
public sealed class TorrentSample
{
    private readonly TimeSpan _uptime;

    /// <param name="time">When it is taken.</param>
    /// <param name="elapsed">How long after the measurement began.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="peers">Its peers.</param>
    /// <param name="before">The sample before; null for the first, whose rates are averages over some seconds.</param>
    internal TorrentSample(DateTime time, TimeSpan elapsed, Torrent torrent, IReadOnlyList<PeerStatus> peers, TorrentSample? before)
    {
        EngineStatus status = torrent.Status;
        TorrentSettings settings = torrent.Settings;
        Time = time;
        ElapsedSeconds = Math.Round(elapsed.TotalSeconds, 3);
        Name = status.Name;
        State = status.State;
        Progress = status.Progress;
        _uptime = status.Elapsed;

        // A status is renewed some times a second: the time between two counts, not that between two looks.
        double seconds = (_uptime - (before?._uptime ?? _uptime)).TotalSeconds;
        DownloadRate = before is null ? status.DownloadRate : seconds > 0 ? (long)((status.Downloaded - before.Downloaded) / seconds) : before.DownloadRate;
        UploadRate = before is null ? status.UploadRate : seconds > 0 ? (long)((status.Uploaded - before.Uploaded) / seconds) : before.UploadRate;
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

    /// <summary>When it was taken, local time.</summary>
    public DateTime Time { get; }

    /// <summary>How long after the measurement began, in seconds.</summary>
    public double ElapsedSeconds { get; }

    /// <summary>The torrent's name.</summary>
    public string Name { get; }

    /// <summary>What it was doing.</summary>
    public TorrentState State { get; }

    /// <summary>How much of what is wanted is verified and on disk, 0–100.</summary>
    public double Progress { get; }

    /// <summary>Payload bytes/s received since the sample before.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload bytes/s sent since the sample before.</summary>
    public long UploadRate { get; }

    /// <summary>The torrent's download limit in bytes/s; null without one.</summary>
    public long? DownloadLimit { get; }

    /// <summary>The torrent's upload limit in bytes/s; null without one.</summary>
    public long? UploadLimit { get; }

    /// <summary>How much of the download limit was used, in percent; null without one.</summary>
    public double? DownloadUtilisation { get; }

    /// <summary>How much of the upload limit was used, in percent; null without one.</summary>
    public double? UploadUtilisation { get; }

    /// <summary>Payload bytes received.</summary>
    public long Downloaded { get; }

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded { get; }

    /// <summary>Payload bytes received that were not needed.</summary>
    public long Wasted { get; }

    /// <summary>Payload bytes dropped because their piece did not match its hash.</summary>
    public long HashFailed { get; }

    /// <summary>What was received in vain, not needed or wrong, in percent of what was received.</summary>
    public double WastePercent { get; }

    /// <summary>Protocol bytes received beside payload.</summary>
    public long ProtocolDownloaded { get; }

    /// <summary>Protocol bytes sent beside payload.</summary>
    public long ProtocolUploaded { get; }

    /// <summary>Connected peers.</summary>
    public int Peers { get; }

    /// <summary>Connected peers that have everything.</summary>
    public int Seeds { get; }

    /// <summary>Peers that may request of us.</summary>
    public int Unchoked { get; }

    /// <summary>Peers that want something of us.</summary>
    public int Interested { get; }

    /// <summary>Peers of which we may request.</summary>
    public int UnchokedBy { get; }

    /// <summary>Blocks asked of all peers and not yet here.</summary>
    public int RequestsOut { get; }

    /// <summary>Blocks that peers asked for and have not yet got.</summary>
    public int RequestsIn { get; }

    /// <summary>The torrent's info hash in lower-case hex.</summary>
    public string? InfoHash { get; }

    private static double? Percent(long part, long? whole) => whole is > 0 and { } all ? Math.Round(100.0 * part / all, 2) : null;
}
