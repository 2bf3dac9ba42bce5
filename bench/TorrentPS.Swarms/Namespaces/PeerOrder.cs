using System.Text.Json;
using TorrentPS.Engine;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>What a peer in a process of its own is to do; told in one argument.</summary>
/// <param name="Torrent">The torrent file.</param>
/// <param name="Folder">Where its content is or is to be.</param>
/// <param name="Number">Its place in the network, counted from 1.</param>
/// <param name="Peers">How many there are.</param>
/// <param name="IsSeed">Whether it has everything.</param>
/// <param name="Gives">Whether it serves anybody.</param>
/// <param name="Choker">By which rule.</param>
/// <param name="Seed">Where its chance comes from.</param>
internal sealed record PeerOrder(string Torrent, string Folder, int Number, int Peers, bool IsSeed, bool Gives, ChokerKind Choker, int Seed)
{
    public static PeerOrder Parse(string text) => JsonSerializer.Deserialize<PeerOrder>(text)!;

    public override string ToString() => JsonSerializer.Serialize(this);
}

/// <summary>What it came to.</summary>
/// <param name="Seconds">From the beginning until it had everything.</param>
/// <param name="Uploaded">Payload bytes it had sent by then.</param>
internal sealed record PeerOutcome(double Seconds, long Uploaded)
{
    public static PeerOutcome Parse(string text) => JsonSerializer.Deserialize<PeerOutcome>(text)!;

    public override string ToString() => JsonSerializer.Serialize(this);
}
