using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// Enumerates the peers of a <c>values</c> list without copying it (BEP 5, "get_peers"). Elements that are not compact
/// addresses are skipped.
/// </summary>
public ref struct PeerValues
{
    private readonly bool _isEmpty;
    private BencodeReader _reader;

    /// <summary>Creates an enumerator positioned before the first peer.</summary>
    /// <param name="list">The bencoded list from a parsed message; may be empty.</param>
    public PeerValues(ReadOnlySpan<byte> list)
    {
        _isEmpty = list.IsEmpty;
        _reader = new BencodeReader(list, KrpcMessage.Limits);
    }

    /// <summary>Gets the peer at the current position.</summary>
    public NodeAddress Current { get; private set; }

    /// <summary>Returns this enumerator, so that <c>foreach</c> accepts it.</summary>
    public readonly PeerValues GetEnumerator() => this;

    /// <summary>Advances to the next peer.</summary>
    /// <returns>False after the last peer.</returns>
    public bool MoveNext()
    {
        while (!_isEmpty && _reader.Read())
        {
            if (_reader is { Depth: 1, Token: BencodeToken.Bytes }
                && NodeAddress.TryRead(_reader.Content, out NodeAddress address))
            {
                Current = address;
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Returns the length in bytes of a peer as a list element, including the string's length prefix.
    /// </summary>
    public static int LengthOf(NodeAddress peer) =>
        peer.IsIPv4 ? 2 + NodeAddress.IPv4Length : 3 + NodeAddress.IPv6Length;

    /// <summary>Writes one peer as a list element. The caller writes the list's <c>l</c> and <c>e</c>.</summary>
    /// <returns>The number of bytes written, as <see cref="LengthOf"/> returns.</returns>
    public static int Write(NodeAddress peer, Span<byte> destination)
    {
        ReadOnlySpan<byte> prefix = peer.IsIPv4 ? "6:"u8 : "18:"u8;
        prefix.CopyTo(destination);
        return prefix.Length + peer.Write(destination[prefix.Length..]);
    }
}
