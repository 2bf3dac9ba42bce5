using System.Buffers;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// Serializes and parses a node's id and routing table. The format is a bencoded dictionary with <c>id</c> and either
/// <c>nodes</c> or <c>nodes6</c>.
/// </summary>
internal static class SavedRoutingTable
{
    /// <summary>
    /// Maximum number of saved nodes. In a network of ten million nodes, a routing table has fewer nodes.
    /// </summary>
    private const int MaxNodes = 512;

    private static readonly BencodeLimits s_limits = new()
    {
        MaxDepth = 4,
        MaxTokens = 64,
        MaxLength = MaxNodes * CompactNode.IPv6Length * 2,
    };

    /// <summary>
    /// Serializes the node's id and the nodes that are not bad, at most <see cref="MaxNodes"/>. Starts with the buckets
    /// closest to the id.
    /// </summary>
    public static byte[] Write(RoutingTable table)
    {
        var nodes = new ArrayBufferWriter<byte>();
        bool isIPv6 = false;
        int count = 0;
        for (int i = table.Buckets.Length - 1; i >= 0; i--)
        {
            if (table.Buckets[i] is not { } bucket)
                continue;
            foreach (NodeEntry entry in bucket.Live)
            {
                if (entry.IsBad || count++ >= MaxNodes)
                    continue;
                isIPv6 = !entry.Address.IsIPv4;
                nodes.Advance(entry.Node.Write(nodes.GetSpan(CompactNode.IPv6Length)));
            }
        }

        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        Span<byte> id = stackalloc byte[NodeId.Length];
        table.OwnId.CopyTo(id);
        writer.BeginDictionary();
        writer.WriteBytes("id"u8, id);
        writer.WriteBytes(isIPv6 ? "nodes6"u8 : "nodes"u8, nodes.WrittenSpan);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Parses the output of <see cref="Write"/>. Returns null if the data is malformed.</summary>
    public static (NodeId Id, IReadOnlyList<CompactNode> Nodes)? Read(ReadOnlySpan<byte> data)
    {
        try
        {
            var saved = BencodeValue.Parse(data.ToArray(), s_limits);
            if (saved.BytesAt("id"u8) is not { Length: NodeId.Length } id)
                return null;
            List<CompactNode> nodes = [];
            foreach (bool isIPv6 in (bool[])[false, true])
            {
                if (saved.BytesAt(isIPv6 ? "nodes6"u8 : "nodes"u8) is not { } list)
                    continue;
                foreach (CompactNode node in new CompactNodes(list.Span, isIPv6))
                    nodes.Add(node);
            }

            return (new NodeId(id.Span), nodes);
        }
        catch (BencodeException)
        {
            return null;
        }
    }
}
