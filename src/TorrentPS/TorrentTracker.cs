namespace TorrentPS;

/// <summary>A tracker of a torrent.</summary>
/// <param name="Tier">
/// Zero-based tier. The trackers of a tier are used only if those of the previous tiers fail (BEP 12).
/// </param>
/// <param name="Url">Announce URL.</param>
public sealed record TorrentTracker(int Tier, string Url)
{
    /// <summary>Returns the announce URL.</summary>
    public override string ToString() => Url;
}
