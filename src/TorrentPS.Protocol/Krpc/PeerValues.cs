using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

/// <summary>Walks the peers of a <c>values</c> list where they are (BEP 5, "get_peers"); what is no peer's address is passed over.</summary>
public ref struct PeerValues
{
    private readonly bool _isEmpty;
    private BencodeReader _reader;

    /// <summary>Stands before the first peer.</summary>
    /// <param name="list">The bencoded list as it stood in a packet that was read, or nothing.</param>
    public PeerValues(ReadOnlySpan<byte> list)
    {
        _isEmpty = list.IsEmpty;
        _reader = new BencodeReader(list, KrpcMessage.Limits);
    }

    /// <summary>The peer it stands on.</summary>
    public NodeAddress Current { get; private set; }

    /// <summary>Itself, for <c>foreach</c>.</summary>
    public readonly PeerValues GetEnumerator() => this;

    /// <summary>Goes to the next peer.</summary>
    public bool MoveNext()
    {
        while (!_isEmpty && _reader.Read())
        {
            if (_reader is { Depth: 1, Token: BencodeToken.Bytes } && NodeAddress.TryRead(_reader.Content, out NodeAddress address))
            {
                Current = address;
                return true;
            }
        }

        return false;
    }

    /// <summary>The length in bytes that a peer takes in the list.</summary>
    public static int LengthOf(NodeAddress peer) => peer.IsIPv4 ? 2 + NodeAddress.IPv4Length : 3 + NodeAddress.IPv6Length;

    /// <summary>Writes one peer as an item of the list; the list's own <c>l</c> and <c>e</c> are the caller's.</summary>
    /// <returns>How many bytes were written: <see cref="LengthOf"/>.</returns>
    public static int Write(NodeAddress peer, Span<byte> destination)
    {
        ReadOnlySpan<byte> prefix = peer.IsIPv4 ? "6:"u8 : "18:"u8;
        prefix.CopyTo(destination);
        return prefix.Length + peer.Write(destination[prefix.Length..]);
    }
}
