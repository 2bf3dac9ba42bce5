namespace TorrentPS.Engine.Policy;

/// <summary>
/// The small dense number by which a swarm names a connected peer, so that decisions can keep what they know of it in arrays.
/// </summary>
/// <param name="Value">Zero-based; -1 for no peer.</param>
internal readonly record struct PeerIndex(int Value)
{
    /// <summary>No peer.</summary>
    public static readonly PeerIndex None = new(-1);

    /// <inheritdoc/>
    public override string ToString() => Value < 0 ? "none" : $"peer {Value}";
}
