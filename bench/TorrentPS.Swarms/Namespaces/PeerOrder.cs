using System.Text.Json;
using TorrentPS.Engine;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>The instructions for a peer process, passed as one argument.</summary>
/// <param name="Torrent">The path of the torrent file.</param>
/// <param name="Folder">The folder with the content, or to download it to.</param>
/// <param name="Number">The peer's number in the network, from 1.</param>
/// <param name="Peers">The number of peers.</param>
/// <param name="IsSeed">Whether the peer is a seed.</param>
/// <param name="Uploads">Whether the peer uploads.</param>
/// <param name="Choker">The choker.</param>
/// <param name="Seed">The random seed.</param>
internal sealed record PeerOrder(
    string Torrent, string Folder, int Number, int Peers, bool IsSeed, bool Uploads, ChokerKind Choker, int Seed)
{
    public static PeerOrder Parse(string text) => JsonSerializer.Deserialize<PeerOrder>(text)!;

    public override string ToString() => JsonSerializer.Serialize(this);
}

/// <summary>The outcome of a peer.</summary>
/// <param name="Seconds">Seconds from the start to completion.</param>
/// <param name="Uploaded">Payload bytes uploaded by completion.</param>
internal sealed record PeerOutcome(double Seconds, long Uploaded)
{
    public static PeerOutcome Parse(string text) => JsonSerializer.Deserialize<PeerOutcome>(text)!;

    public override string ToString() => JsonSerializer.Serialize(this);
}
