using System.Net;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// A peer that a tracker or the DHT returned, with the result of connecting to it. Unknown values are null. The
/// properties have the same names as in the module's TorrentPeer objects.
/// </summary>
internal sealed record PeerRecord
{
    public required string Torrent { get; init; }

    public required string Address { get; init; }

    public int Port { get; init; }

    public string? Client { get; init; }

    public double? Progress { get; init; }

    public int? Pieces { get; init; }

    public double? RoundTripMs { get; init; }

    public PeerSource Source { get; init; }

    public bool? Answered { get; init; }

    public bool? IsEncrypted { get; init; }

    public string? Error { get; init; }

    public string? PeerId { get; init; }

    public string? InfoHash { get; init; }

    public static PeerRecord Create(string torrent, string infoHash, IPEndPoint peer, PeerSource source) => new()
    {
        Torrent = torrent,
        InfoHash = infoHash,
        Address = peer.Address.ToString(),
        Port = peer.Port,
        Source = source,
    };

    public PeerRecord With(PeerProbeResult answer) => this with
    {
        Answered = answer.Answered,
        IsEncrypted = answer.Answered ? answer.IsEncrypted : null,
        Client = answer.Client,
        PeerId = answer.PeerId,
        Progress = answer.Progress,
        Pieces = answer.Pieces,
        RoundTripMs = answer.RoundTrip is { } time ? Math.Round(time.TotalMilliseconds, 3) : null,
        Error = answer.Error,
    };
}
