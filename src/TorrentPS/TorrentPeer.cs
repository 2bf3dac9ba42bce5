using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// A peer of a torrent, flat and typed for tables and Export-Csv. Sizes are bytes, rates bytes/s. What is not known is null:
/// a peer that a tracker merely named has an address and nothing more until it was asked.
/// </summary>
public sealed class TorrentPeer
{
    /// <summary>The torrent's name.</summary>
    public required string Torrent { get; init; }

    /// <summary>The peer's address.</summary>
    public required string Address { get; init; }

    /// <summary>The peer's port as connected.</summary>
    public required int Port { get; init; }

    /// <summary>The address of a web seed (BEP 19), as the torrent or the link has it; null for a peer.</summary>
    public string? Url { get; init; }

    /// <summary>The peer's client and version, as far as they can be told.</summary>
    public string? Client { get; init; }

    /// <summary>How much of the torrent it has, 0–100.</summary>
    public double? Progress { get; init; }

    /// <summary>How many pieces it has.</summary>
    public int? Pieces { get; init; }

    /// <summary>Payload bytes/s received from it.</summary>
    public long? DownloadRate { get; init; }

    /// <summary>Payload bytes/s sent to it.</summary>
    public long? UploadRate { get; init; }

    /// <summary>Payload bytes received from it.</summary>
    public long? Downloaded { get; init; }

    /// <summary>Payload bytes sent to it.</summary>
    public long? Uploaded { get; init; }

    /// <summary>Protocol bytes received beside payload.</summary>
    public long? ProtocolDownloaded { get; init; }

    /// <summary>Protocol bytes sent beside payload.</summary>
    public long? ProtocolUploaded { get; init; }

    /// <summary>Payload bytes of it that were not needed.</summary>
    public long? Wasted { get; init; }

    /// <summary>Payload bytes of it in pieces that failed their hash.</summary>
    public long? HashFailed { get; init; }

    /// <summary>Blocks asked of it and not yet here.</summary>
    public int? RequestsOut { get; init; }

    /// <summary>Blocks it asked for and has not yet got.</summary>
    public int? RequestsIn { get; init; }

    /// <summary>The shortest round trip seen, in milliseconds.</summary>
    public double? RoundTripMs { get; init; }

    /// <summary>How long it has been connected, in seconds.</summary>
    public double? ConnectedSeconds { get; init; }

    /// <summary>Where it was learned of.</summary>
    public required PeerSource Source { get; init; }

    /// <summary>What the connection is like.</summary>
    public PeerFlags? Flags { get; init; }

    /// <summary>Why we serve it or not.</summary>
    public ChokeReason? ChokeReason { get; init; }

    /// <summary>Its place in the order by which upload slots are given, 1 being the first; null when it was not ranked.</summary>
    public int? ChokeRank { get; init; }

    /// <summary>Whether it answered the handshake; null when it was not asked.</summary>
    public bool? Answered { get; init; }

    /// <summary>Why it did not answer, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Its peer id in lower-case hex.</summary>
    public string? PeerId { get; init; }

    /// <summary>The torrent's info hash in lower-case hex.</summary>
    public string? InfoHash { get; init; }

    /// <summary>Address and port, as -Peer takes them.</summary>
    public override string ToString() => Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:{Port}" : $"{Address}:{Port}";

    internal static TorrentPeer Connected(EngineStatus torrent, PeerStatus peer) => new()
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
        Flags = peer.Flags,
        ChokeReason = peer.ChokeReason,
        ChokeRank = peer.ChokeRank,
        Answered = true,
    };
}
