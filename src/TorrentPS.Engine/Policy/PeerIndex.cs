namespace TorrentPS.Engine.Policy;

/// <summary>
/// The index of a connected peer within one torrent. Policies keep their state of a peer in arrays under this index.
/// </summary>
/// <param name="Value">
/// Zero-based and as small as possible: the index of a closed connection is reused. −1 stands for no peer.
/// </param>
internal readonly record struct PeerIndex(int Value)
{
    /// <summary>The value that stands for no peer.</summary>
    public static readonly PeerIndex None = new(-1);

    /// <inheritdoc/>
    public override string ToString() => Value < 0 ? "none" : $"peer {Value}";
}
