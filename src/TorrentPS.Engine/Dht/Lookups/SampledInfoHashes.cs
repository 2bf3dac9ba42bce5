using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>Another node's sample of the torrents for which it stores peers (BEP 51).</summary>
/// <param name="InfoHashes">The sampled info hashes.</param>
/// <param name="Count">Total number of torrents for which the node says that it stores peers.</param>
/// <param name="Interval">Time until the node draws a new sample; zero if the response has no interval.</param>
/// <param name="Nodes">The nodes that the response names as closest to the target. They can be queried next.</param>
internal sealed record SampledInfoHashes(
    IReadOnlyList<InfoHash> InfoHashes, int Count, TimeSpan Interval, IReadOnlyList<IPEndPoint> Nodes)
{
    /// <summary>
    /// Parses a response to <c>sample_infohashes</c> (BEP 51). Returns null if the response has no field
    /// <c>samples</c>, because the node doesn't support the query.
    /// </summary>
    public static SampledInfoHashes? Parse(in KrpcMessage answer, AddressFamily family)
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
        return new SampledInfoHashes(
            hashes, answer.Count ?? hashes.Count, TimeSpan.FromSeconds(answer.Interval ?? 0), nodes);
    }
}
