using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>Some of the torrents whose peers a node keeps (BEP 51).</summary>
/// <param name="InfoHashes">The sample.</param>
/// <param name="Count">How many it has in all, as it says.</param>
/// <param name="Interval">How long the sample stays the same.</param>
/// <param name="Nodes">Nodes to ask next.</param>
internal sealed record SampledInfoHashes(IReadOnlyList<InfoHash> InfoHashes, int Count, TimeSpan Interval, IReadOnlyList<IPEndPoint> Nodes)
{
    /// <summary>Reads an answer; null when its sender does not know the query.</summary>
    public static SampledInfoHashes? Of(in KrpcMessage answer, AddressFamily family)
    {
        if (!answer.HasSamples)
            return null;
        List<InfoHash> hashes = [];
        for (ReadOnlySpan<byte> rest = answer.Samples; rest.Length >= InfoHash.Length; rest = rest[InfoHash.Length..])
            hashes.Add(new InfoHash(rest[..InfoHash.Length]));
        bool isIPv6 = family == AddressFamily.InterNetworkV6;
        List<IPEndPoint> nodes = [];
        foreach (CompactNode node in new CompactNodes(isIPv6 ? answer.Nodes6 : answer.Nodes, isIPv6))
            nodes.Add(node.Address.ToEndPoint());
        return new SampledInfoHashes(hashes, answer.Count ?? hashes.Count, TimeSpan.FromSeconds(answer.Interval ?? 0), nodes);
    }
}
