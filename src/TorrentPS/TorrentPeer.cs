using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// A peer of a torrent: connected to this client, or known from a tracker, the DHT or a magnet link. A web seed in use
/// is shown as a peer. Sizes are in bytes, rates in bytes/s. Unknown values are null; without a connection, only
/// address, port and source are known.
/// </summary>
public sealed class TorrentPeer
{
    /// <summary>
    /// Local time at which the status of the peer was read: a DateTime wrapped by <see cref="IsoTime"/>.
    /// </summary>
    public PSObject Time { get; init; } = IsoTime.Now;

    /// <summary>The torrent's name.</summary>
    public required string Torrent { get; init; }

    /// <summary>IP address of the peer.</summary>
    public required string Address { get; init; }

    /// <summary>
    /// Port of the peer. For an incoming connection, it is the port from which the peer connected, not the port on
    /// which the peer listens.
    /// </summary>
    public required int Port { get; init; }

    /// <summary>URL of a web seed (BEP 19); null for a peer.</summary>
    public string? Url { get; init; }

    /// <summary>
    /// Name and version of the peer's client, from its extension handshake (BEP 10) or else its peer id (BEP 20).
    /// </summary>
    public string? Client { get; init; }

    /// <summary>Percentage of the pieces that the peer has, from 0 to 100.</summary>
    public double? Progress { get; init; }

    /// <summary>Number of pieces that the peer has.</summary>
    public int? Pieces { get; init; }

    /// <summary>Download rate of payload from the peer, in bytes/s.</summary>
    public long? DownloadRate { get; init; }

    /// <summary>Upload rate of payload to the peer, in bytes/s.</summary>
    public long? UploadRate { get; init; }

    /// <summary>Payload bytes received from the peer.</summary>
    public long? Downloaded { get; init; }

    /// <summary>Payload bytes sent to the peer.</summary>
    public long? Uploaded { get; init; }

    /// <summary>Bytes received from the peer that are not payload.</summary>
    public long? ProtocolDownloaded { get; init; }

    /// <summary>Bytes sent to the peer that are not payload.</summary>
    public long? ProtocolUploaded { get; init; }

    /// <summary>
    /// Payload bytes received from the peer and discarded: blocks that had already arrived or were not requested.
    /// </summary>
    public long? Wasted { get; init; }

    /// <summary>Payload bytes received from the peer in pieces that failed their hash check.</summary>
    public long? HashFailed { get; init; }

    /// <summary>Number of blocks requested from the peer and not received yet.</summary>
    public int? RequestsOut { get; init; }

    /// <summary>Number of blocks that the peer has requested and that are not sent yet.</summary>
    public int? RequestsIn { get; init; }

    /// <summary>
    /// Shortest time from sending a request to receiving its block, in milliseconds. With Get-TorrentPeer -Handshake,
    /// it is the time from the connection attempt to the peer's handshake.
    /// </summary>
    public double? RoundTripMs { get; init; }

    /// <summary>Time since the connection was established, in seconds.</summary>
    public double? ConnectedSeconds { get; init; }

    /// <summary>The source from which this client knows the peer's address.</summary>
    public required PeerSource Source { get; init; }

    /// <summary>Whether all bytes of the connection are encrypted (MSE).</summary>
    public bool? IsEncrypted { get; init; }

    /// <summary>State of the connection.</summary>
    public PeerFlags? Flags { get; init; }

    /// <summary>Why this client chokes or unchokes the peer.</summary>
    public ChokeReason? ChokeReason { get; init; }

    /// <summary>
    /// The peer's position in the order in which the choker assigns upload slots; 1 is first. Null if the choker did
    /// not rank the peer.
    /// </summary>
    public int? ChokeRank { get; init; }

    /// <summary>
    /// True if the peer is connected or answered the handshake; false if it did not answer. Null if no connection was
    /// attempted.
    /// </summary>
    public bool? Answered { get; init; }

    /// <summary>
    /// The reason why the peer did not answer the handshake; null if it answered or no connection was attempted.
    /// </summary>
    public string? Error { get; init; }

    /// <summary>
    /// Local time at which the connection ended, a DateTime wrapped by <see cref="IsoTime"/>. Null while the connection
    /// is open, and for a peer that was not connected.
    /// </summary>
    public PSObject? Disconnected { get; init; }

    /// <summary>Why the connection ended; null while it is open, and for a peer that was not connected.</summary>
    public DisconnectReason? DisconnectReason { get; init; }

    /// <summary>Why the connection ended, as a sentence; null if <see cref="DisconnectReason"/> is null.</summary>
    public string? DisconnectMessage { get; init; }

    /// <summary>
    /// Whether the torrent refuses the peer because of wrong data. A peer can be found guilty after it disconnected.
    /// </summary>
    public bool IsBanned { get; init; }

    /// <summary>The peer id in lower-case hexadecimal.</summary>
    public string? PeerId { get; init; }

    /// <summary>
    /// The torrent's info hash in lower-case hexadecimal: the v1 hash, or the v2 hash if the torrent has no v1 hash.
    /// </summary>
    public string? InfoHash { get; init; }

    /// <summary>Returns the address and port in the form that -Peer accepts.</summary>
    public override string ToString() =>
        Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:{Port}" : $"{Address}:{Port}";

    /// <summary>Returns the output object for a peer that disconnected. Its type name differs, so it has its own view.</summary>
    internal static PSObject Left(EngineStatus torrent, DisconnectedPeer left)
    {
        var shown = new PSObject(Of(torrent, left.Peer, left));
        shown.TypeNames.Insert(0, "TorrentPS.TorrentPeer#Disconnected");
        return shown;
    }

    internal static TorrentPeer Connected(EngineStatus torrent, PeerStatus peer) => Of(torrent, peer, null);

    private static TorrentPeer Of(EngineStatus torrent, PeerStatus peer, DisconnectedPeer? left) => new()
    {
        Torrent = torrent.Name,
        InfoHash = torrent.InfoHash?.ToString() ?? torrent.InfoHashV2?.ToString(),
        Address = peer.EndPoint.Address.ToString(),
        Port = peer.EndPoint.Port,
        Url = peer.Url?.AbsoluteUri,
        Client = peer.Client,
        PeerId = peer.PeerId,
        Progress = peer.Progress,
        Pieces = peer.Pieces,
        DownloadRate = peer.DownloadRate,
        UploadRate = peer.UploadRate,
        Downloaded = peer.Downloaded,
        Uploaded = peer.Uploaded,
        ProtocolDownloaded = peer.ProtocolDownloaded,
        ProtocolUploaded = peer.ProtocolUploaded,
        Wasted = peer.Wasted,
        HashFailed = peer.HashFailed,
        RequestsOut = peer.RequestsOut,
        RequestsIn = peer.RequestsIn,
        RoundTripMs = peer.RoundTrip is { } time ? Math.Round(time.TotalMilliseconds, 3) : null,
        ConnectedSeconds = Math.Round(peer.Connected.TotalSeconds, 1),
        Source = peer.Source,
        IsEncrypted = peer.IsEncrypted,
        Flags = peer.Flags,
        ChokeReason = peer.ChokeReason,
        ChokeRank = peer.ChokeRank,
        Answered = true,
        Disconnected = left is null ? null : IsoTime.Of(left.Time),
        DisconnectReason = left?.Reason,
        DisconnectMessage = left?.Message,
        IsBanned = left is { IsBanned: true },
    };
}
