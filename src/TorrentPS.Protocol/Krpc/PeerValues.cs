using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// Enumerates the peers in a <c>values</c> list without copying it (BEP 5, "get_peers"). List elements that are not
/// strings of 6 or 18 bytes are skipped.
/// </summary>
public ref struct PeerValues
{
    private readonly bool _isEmpty;
    private BencodeReader _reader;

    /// <summary>Creates an enumerator positioned before the first peer.</summary>
    /// <param name="list">
    /// The bencoded list, as in <see cref="KrpcMessage.Values"/>. An empty span is treated as an empty list.
    /// </param>
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
    /// <returns>False if there is no further peer.</returns>
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
    /// Returns the number of bytes that <see cref="Write"/> writes for a peer: its compact form and the length prefix
    /// of the string.
    /// </summary>
    public static int LengthOf(NodeAddress peer) =>
        peer.IsIPv4 ? 2 + NodeAddress.IPv4Length : 3 + NodeAddress.IPv6Length;

    /// <summary>
    /// Writes one peer as an element of a bencoded list. The caller writes the <c>l</c> and <c>e</c> around the
    /// elements.
    /// </summary>
    /// <returns>The number of bytes written; <see cref="LengthOf"/> returns the same number.</returns>
    public static int Write(NodeAddress peer, Span<byte> destination)
    {
        ReadOnlySpan<byte> prefix = peer.IsIPv4 ? "6:"u8 : "18:"u8;
        prefix.CopyTo(destination);
        return prefix.Length + peer.Write(destination[prefix.Length..]);
    }
}
