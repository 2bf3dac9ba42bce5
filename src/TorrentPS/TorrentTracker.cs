namespace TorrentPS;

/// <summary>A tracker of a torrent.</summary>
/// <param name="Tier">Zero-based tier. All trackers of a tier are tried before those of the next tier (BEP 12).</param>
/// <param name="Url">Announce URL.</param>
public sealed record TorrentTracker(int Tier, string Url)
{
    /// <summary>The announce URL.</summary>
    public override string ToString() => Url;
}
