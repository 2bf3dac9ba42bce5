namespace TorrentPS.Protocol.Krpc;

/// <summary>A DHT node in compact form: its id, IP address and UDP port (BEP 5, "contact encoding"; BEP 32).</summary>
/// <param name="Id">The node's id.</param>
/// <param name="Address">The node's IP address and UDP port.</param>
public readonly record struct CompactNode(NodeId Id, NodeAddress Address)
{
    /// <summary>The length in bytes of an IPv4 node in a <c>nodes</c> entry: 26.</summary>
    public const int IPv4Length = NodeId.Length + NodeAddress.IPv4Length;

    /// <summary>The length in bytes of an IPv6 node in a <c>nodes6</c> entry: 38 (BEP 32).</summary>
    public const int IPv6Length = NodeId.Length + NodeAddress.IPv6Length;

    /// <summary>Writes the node in compact form: id, address, port.</summary>
    /// <param name="destination">At least <see cref="IPv4Length"/> or <see cref="IPv6Length"/> bytes, as the address
    /// requires.</param>
    /// <returns>The number of bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        Id.CopyTo(destination);
        return NodeId.Length + Address.Write(destination[NodeId.Length..]);
    }
}

/// <summary>
/// Enumerates the nodes of a <c>nodes</c> or <c>nodes6</c> entry without copying it. A last node that is cut short is
/// ignored.
/// </summary>
public ref struct CompactNodes
{
    private readonly int _stride;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Creates an enumerator positioned before the first node.</summary>
    /// <param name="nodes">The bytes of the entry.</param>
    /// <param name="isIPv6">Whether the entry is <c>nodes6</c> (BEP 32) rather than <c>nodes</c>.</param>
    public CompactNodes(ReadOnlySpan<byte> nodes, bool isIPv6)
    {
        _rest = nodes;
        _stride = isIPv6 ? CompactNode.IPv6Length : CompactNode.IPv4Length;
    }

    /// <summary>Gets the node at the current position.</summary>
    public CompactNode Current { get; private set; }

    /// <summary>Returns this enumerator, so that <c>foreach</c> accepts it.</summary>
    public readonly CompactNodes GetEnumerator() => this;

    /// <summary>Advances to the next node.</summary>
    /// <returns>False after the last whole node.</returns>
    public bool MoveNext()
    {
        if (_rest.Length < _stride || !NodeAddress.TryRead(_rest[NodeId.Length.._stride], out NodeAddress address))
            return false;
        Current = new CompactNode(new NodeId(_rest[..NodeId.Length]), address);
        _rest = _rest[_stride..];
        return true;
    }
}
