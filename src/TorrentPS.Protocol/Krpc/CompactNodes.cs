namespace TorrentPS.Protocol.Krpc;

/// <summary>A node as others name it: its id and where it is (BEP 5, "contact encoding"; BEP 32).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Address">Where it is.</param>
public readonly record struct CompactNode(NodeId Id, NodeAddress Address)
{
    /// <summary>The length of an IPv4 node in bytes.</summary>
    public const int IPv4Length = NodeId.Length + NodeAddress.IPv4Length;

    /// <summary>The length of an IPv6 node in bytes.</summary>
    public const int IPv6Length = NodeId.Length + NodeAddress.IPv6Length;

    /// <summary>Writes id, address and port.</summary>
    /// <returns>How many bytes were written.</returns>
    public int Write(Span<byte> destination)
    {
        Id.CopyTo(destination);
        return NodeId.Length + Address.Write(destination[NodeId.Length..]);
    }
}

/// <summary>Walks the nodes of a <c>nodes</c> or <c>nodes6</c> entry where they are; a rest that is no whole node is ignored.</summary>
public ref struct CompactNodes
{
    private readonly int _stride;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Stands before the first node.</summary>
    /// <param name="nodes">The entry's bytes.</param>
    /// <param name="isIPv6">Whether it is <c>nodes6</c>.</param>
    public CompactNodes(ReadOnlySpan<byte> nodes, bool isIPv6)
    {
        _rest = nodes;
        _stride = isIPv6 ? CompactNode.IPv6Length : CompactNode.IPv4Length;
    }

    /// <summary>The node it stands on.</summary>
    public CompactNode Current { get; private set; }

    /// <summary>Itself, for <c>foreach</c>.</summary>
    public readonly CompactNodes GetEnumerator() => this;

    /// <summary>Goes to the next node.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < _stride || !NodeAddress.TryRead(_rest[NodeId.Length.._stride], out NodeAddress address))
            return false;
        Current = new CompactNode(new NodeId(_rest[..NodeId.Length]), address);
        _rest = _rest[_stride..];
        return true;
    }
}
