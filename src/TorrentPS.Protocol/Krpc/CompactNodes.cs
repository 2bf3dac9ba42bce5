namespace TorrentPS.Protocol.Krpc;

/// <summary>A DHT node in compact form: its id, IP address and UDP port (BEP 5, "contact encoding"; BEP 32).</summary>
/// <param name="Id">The node's id.</param>
/// <param name="Address">The node's IP address and UDP port.</param>
public readonly record struct CompactNode(NodeId Id, NodeAddress Address)
{
    /// <summary>Length in bytes of an IPv4 node in the value of <c>nodes</c>: 26 (BEP 5).</summary>
    public const int IPv4Length = NodeId.Length + NodeAddress.IPv4Length;

    /// <summary>Length in bytes of an IPv6 node in the value of <c>nodes6</c>: 38 (BEP 32).</summary>
    public const int IPv6Length = NodeId.Length + NodeAddress.IPv6Length;

    /// <summary>Writes the node in compact form: id, IP address, port.</summary>
    /// <param name="destination">
    /// The buffer to write to: at least <see cref="IPv4Length"/> bytes for an IPv4 node, <see cref="IPv6Length"/> bytes
    /// for an IPv6 node.
    /// </param>
    /// <returns>The number of bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        Id.CopyTo(destination);
        return NodeId.Length + Address.Write(destination[NodeId.Length..]);
    }
}

/// <summary>
/// Enumerates the nodes in the value of <c>nodes</c> or <c>nodes6</c> without copying it. An incomplete node at the end
/// is ignored.
/// </summary>
public ref struct CompactNodes
{
    private readonly int _stride;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Creates an enumerator positioned before the first node.</summary>
    /// <param name="nodes">The value of <c>nodes</c> or <c>nodes6</c>.</param>
    /// <param name="isIPv6">
    /// True for the value of <c>nodes6</c> (BEP 32), which has IPv6 addresses; false for the value of <c>nodes</c>.
    /// </param>
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
    /// <returns>False if there is no further complete node.</returns>
    public bool MoveNext()
    {
        if (_rest.Length < _stride || !NodeAddress.TryRead(_rest[NodeId.Length.._stride], out NodeAddress address))
            return false;
        Current = new CompactNode(new NodeId(_rest[..NodeId.Length]), address);
        _rest = _rest[_stride..];
        return true;
    }
}
