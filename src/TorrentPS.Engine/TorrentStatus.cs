using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>
/// A snapshot of a torrent. Sizes are in bytes; rates are in bytes/s, averaged over the last few seconds. Byte counts
/// start at 0 when the torrent is added to the session.
/// </summary>
public sealed record TorrentStatus
{
    /// <summary>The torrent's name; the magnet link's display name while the metadata is not known.</summary>
    public required string Name { get; init; }

    /// <summary>The v1 info hash; null if the torrent or magnet link has none.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash (BEP 52); null if the torrent or magnet link has none.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>The torrent's state.</summary>
    public TorrentState State { get; init; }

    /// <summary>
    /// Why the download is stalled; null unless <see cref="State"/> is <see cref="TorrentState.Stalled"/>.
    /// </summary>
    public StalledReason? StalledReason { get; init; }

    /// <summary>
    /// Time at which the stalled download last received new data. If it has received none since it started or resumed,
    /// this is the time at which it started or resumed. Null unless <see cref="State"/> is
    /// <see cref="TorrentState.Stalled"/>.
    /// </summary>
    public DateTimeOffset? StalledSince { get; init; }

    /// <summary>
    /// Percentage of <see cref="WantedSize"/> that is verified and on disk, from 0 to 100. In the state
    /// <see cref="TorrentState.Checking"/> it is the percentage of the content checked. Until the metadata is known it
    /// is the percentage of the metadata received.
    /// </summary>
    public double Progress { get; init; }

    /// <summary>
    /// Total size of the content. Until the metadata is known, it is the size in the magnet link, or 0 if the link
    /// contains none.
    /// </summary>
    public long Size { get; init; }

    /// <summary>Size of the wanted pieces; 0 until the metadata is known.</summary>
    public long WantedSize { get; init; }

    /// <summary>Size of the wanted pieces that are verified and on disk.</summary>
    public long Completed { get; init; }

    /// <summary>
    /// Payload bytes received, including <see cref="Wasted"/> and <see cref="HashFailed"/>.
    /// </summary>
    public long Downloaded { get; init; }

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded { get; init; }

    /// <summary>Download rate of payload, in bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Upload rate of payload, in bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>
    /// Bytes received that are not payload, such as message headers. HTTP headers from web seeds are not counted.
    /// </summary>
    public long ProtocolDownloaded { get; init; }

    /// <summary>
    /// Bytes sent that are not payload, such as message headers. HTTP requests to web seeds are not counted.
    /// </summary>
    public long ProtocolUploaded { get; init; }

    /// <summary>
    /// Payload bytes received and discarded, because the block had already been received or was not requested.
    /// </summary>
    public long Wasted { get; init; }

    /// <summary>Payload bytes received in pieces that failed the hash check or had blocks of a banned peer.</summary>
    public long HashFailed { get; init; }

    /// <summary>
    /// Share ratio: <see cref="Uploaded"/> divided by <see cref="WantedSize"/>. It is 0 if <see cref="WantedSize"/> is
    /// 0.
    /// </summary>
    public double Ratio { get; init; }

    /// <summary>
    /// Estimated time until all wanted pieces are verified, at the current rate. Null unless the torrent is
    /// <see cref="TorrentState.Downloading"/> and receives payload.
    /// </summary>
    public TimeSpan? Eta { get; init; }

    /// <summary>Number of connected peers, not counting web seeds.</summary>
    public int Peers { get; init; }

    /// <summary>Number of connected peers that have every piece, not counting web seeds.</summary>
    public int Seeds { get; init; }

    /// <summary>Number of web seeds (BEP 19) in use.</summary>
    public int WebSeeds { get; init; }

    /// <summary>The web seeds that are not used because they failed.</summary>
    public IReadOnlyList<WebSeedFault> WebSeedFaults { get; init; } = [];

    /// <summary>Number of known peer addresses that are not connected.</summary>
    public int KnownPeers { get; init; }

    /// <summary>Number of pieces that are verified and on disk.</summary>
    public int PiecesHave { get; init; }

    /// <summary>Number of pieces of the torrent; 0 until the metadata is known.</summary>
    public int PieceCount { get; init; }

    /// <summary>Full path of the folder that contains the torrent's top-level file or folder.</summary>
    public required string Destination { get; init; }

    /// <summary>Full path of the torrent's top-level file or folder; null until the metadata is known.</summary>
    public string? Path { get; init; }

    /// <summary>When the torrent was added to the session.</summary>
    public DateTimeOffset Added { get; init; }

    /// <summary>
    /// When the last wanted piece was verified, or when the torrent began to upload if it had nothing to download. Null
    /// before that, and null again if more pieces become wanted.
    /// </summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>
    /// Time since the torrent began: since <see cref="Added"/>, or since it left the state
    /// <see cref="TorrentState.Queued"/>. Pauses are included.
    /// </summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The error that paused or ended the torrent; null if there is none.</summary>
    public TorrentFault? Fault { get; init; }

    /// <summary>
    /// Whether the torrent has ended: its state is <see cref="TorrentState.Stopped"/> or
    /// <see cref="TorrentState.Failed"/>.
    /// </summary>
    public bool HasEnded => State is TorrentState.Stopped or TorrentState.Failed;
}

/// <summary>The state of a torrent.</summary>
public enum TorrentState
{
    /// <summary>
    /// The torrent waits until its <see cref="TorrentQueue"/> lets it start. Nothing is read, requested or announced.
    /// </summary>
    Queued,

    /// <summary>The existing data on disk is being verified. No pieces are exchanged.</summary>
    Checking,

    /// <summary>The metadata of a magnet link is being downloaded from peers (BEP 9).</summary>
    DownloadingMetadata,

    /// <summary>Wanted pieces are missing and are being downloaded.</summary>
    Downloading,

    /// <summary>
    /// The metadata or wanted pieces are being downloaded, but nothing new was received for 30 seconds. See
    /// <see cref="TorrentStatus.StalledReason"/>. The torrent continues by itself when data arrives.
    /// </summary>
    Stalled,

    /// <summary>
    /// The torrent only uploads, and some of its pieces are missing: they are not wanted, or
    /// <see cref="TorrentSettings.AllowPartial"/> is true.
    /// </summary>
    Finished,

    /// <summary>All pieces are verified, and are being uploaded.</summary>
    Seeding,

    /// <summary>
    /// The torrent was paused by the user or by an error; see <see cref="TorrentStatus.Fault"/>. No peer is connected.
    /// </summary>
    Paused,

    /// <summary>The torrent has ended, because it was stopped or reached its goal.</summary>
    Stopped,

    /// <summary>
    /// The torrent has ended because of an error that resuming can't repair; see <see cref="TorrentStatus.Fault"/>.
    /// </summary>
    Failed,
}

/// <summary>Why a download receives nothing (<see cref="TorrentState.Stalled"/>).</summary>
public enum StalledReason
{
    /// <summary>No peer and no web seed is connected.</summary>
    NoPeers,

    /// <summary>Peers are connected, but none sends the metadata of the magnet link.</summary>
    NoMetadata,

    /// <summary>Peers are connected, but none of them has a wanted piece that this client lacks.</summary>
    NoWantedPieces,

    /// <summary>All connected peers with wanted pieces choke this client.</summary>
    Choked,

    /// <summary>A peer with wanted pieces unchokes this client, but sends nothing new.</summary>
    NoData,
}

/// <summary>Describes why a download is stalled.</summary>
public static class StalledReasons
{
    /// <summary>Returns a clause for the user, such as "no peer is connected".</summary>
    /// <param name="reason">The reason.</param>
    public static string Describe(this StalledReason reason) => reason switch
    {
        StalledReason.NoPeers => "no peer is connected",
        StalledReason.NoMetadata => "no connected peer sends the metadata",
        StalledReason.NoWantedPieces => "no connected peer has a missing piece",
        StalledReason.Choked => "all connected peers choke this client",
        StalledReason.NoData => "the connected peers send no new data",
        _ => reason.ToString(),
    };
}

/// <summary>The result of a torrent that has ended.</summary>
/// <param name="Status">The torrent's last status.</param>
/// <param name="GoalReached">
/// Whether the torrent reached its goal (<see cref="TorrentSettings.StopWhen"/>). False if it failed or was stopped
/// before reaching it.
/// </param>
public sealed record TorrentResult(TorrentStatus Status, bool GoalReached)
{
    /// <summary>
    /// Average download rate in bytes/s: <see cref="TorrentStatus.Downloaded"/> divided by
    /// <see cref="TorrentStatus.Elapsed"/>.
    /// </summary>
    public long AverageRate =>
        Status.Elapsed > TimeSpan.Zero ? (long)(Status.Downloaded / Status.Elapsed.TotalSeconds) : 0;
}

/// <summary>Progress of the download of a magnet link's metadata (BEP 9).</summary>
/// <param name="Received">Number of bytes of the info dictionary that were received.</param>
/// <param name="Size">Size of the info dictionary in bytes as peers report it; null before the first report.</param>
/// <param name="Peers">Number of connected peers.</param>
/// <param name="KnownPeers">Number of known peer addresses that are not connected.</param>
public readonly record struct MetadataProgress(long Received, int? Size, int Peers, int KnownPeers);

/// <summary>
/// A web seed (BEP 19) that failed. It is tried again after <see cref="Torrent.Resume"/> or when more files become
/// wanted, unless it sent data that does not match the torrent.
/// </summary>
/// <param name="Url">The web seed's URL in the torrent or the magnet link.</param>
/// <param name="Message">The last error, as a sentence.</param>
public sealed record WebSeedFault(Uri Url, string Message)
{
    /// <summary>Returns a sentence that contains the error, and the URL without its secrets.</summary>
    public override string ToString() => $"The web seed {DisplayUrl.OfWebSeed(Url)} is no longer used: {Message}";
}
