namespace TorrentPS;

/// <summary>A tracker of a torrent.</summary>
/// <param name="Tier">Its tier, from 0; all of a tier are tried before the next (BEP 12).</param>
/// <param name="Url">Its announce address.</param>
public sealed record TorrentTracker(int Tier, string Url)
{
    /// <summary>The address.</summary>
    public override string ToString() => Url;
}
