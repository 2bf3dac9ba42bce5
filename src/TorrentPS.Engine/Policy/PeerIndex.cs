namespace TorrentPS.Engine.Policy;

/// <summary>
/// Identifies a connected peer within one torrent. Policies use it as an array index for their state of the peer.
/// </summary>
/// <param name="Value">
/// Zero-based index; −1 stands for no peer. The index of a closed connection is reused, so indices stay small.
/// </param>
internal readonly record struct PeerIndex(int Value)
{
    public static readonly PeerIndex None = new(-1);

    /// <inheritdoc/>
    public override string ToString() => Value < 0 ? "none" : $"peer {Value}";
}
