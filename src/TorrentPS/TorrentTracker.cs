using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>A tracker of a torrent.</summary>
/// <param name="Tier">
/// Zero-based tier. The trackers of a tier are used only if those of the previous tiers fail (BEP 12).
/// </param>
/// <param name="Url">Announce URL. It may contain a passkey.</param>
public sealed record TorrentTracker(int Tier, string Url)
{
    /// <summary>Returns the announce URL without its secrets, for display.</summary>
    public override string ToString() => DisplayUrl.OfTracker(Url);
}
