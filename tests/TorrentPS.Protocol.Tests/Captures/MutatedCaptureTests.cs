using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Captures;

/// <summary>
/// Parses mutated packets of real clients: each is rejected or parsed within the limits, and lengths claimed in a
/// packet do not cause large allocations.
/// </summary>
public sealed class MutatedCaptureTests
{
    /// <summary>Number of mutations of each packet.</summary>
    private const int Times = 500;

    /// <summary>
    /// Maximum number of bytes allocated while parsing one packet, exception and stack trace included. Mutated packets
    /// claim lengths of megabytes and more.
    /// </summary>
    private const long MaxAllocated = 64 * 1024;

    [Fact]
    public void Krpc_messages() => Break("krpc", bytes =>
    {
        if (!KrpcMessage.TryParse(bytes, out KrpcMessage message))
            return false;
        int walked = 0;
        foreach (NodeAddress peer in new PeerValues(message.Values))
            walked += PeerValues.LengthOf(peer);
        foreach (CompactNode node in new CompactNodes(message.Nodes, isIPv6: false))
            walked += CompactNode.IPv4Length;
        foreach (CompactNode node in new CompactNodes(message.Nodes6, isIPv6: true))
            walked += CompactNode.IPv6Length;
        Assert.InRange(walked, 0, bytes.Length);
        Assert.InRange(message.TransactionId.Length, 1, KrpcMessage.MaxTransactionIdLength);
        Assert.InRange(message.Token.Length, 0, KrpcMessage.MaxTokenLength);
        Assert.Equal(0, message.Samples.Length % NodeId.Length);
        byte[] written = new byte[KrpcMessage.MaxLength];
        Assert.True(KrpcMessage.TryParse(written.AsSpan(0, message.Write(written)), out _));
        return true;
    });

    [Fact]
    public void Extension_handshakes() => Break("peer", bytes =>
    {
        ExtensionHandshake told = ExtensionHandshake.Parse(bytes);
        Assert.InRange(told.Messages.Count, 0, ExtensionHandshake.MaxMessages);
        Assert.All(told.Messages.Keys, name => Assert.InRange(name.Length, 0, ExtensionHandshake.MaxNameLength));
        Assert.True(told is { MetadataSize: null or > 0, RequestQueue: null or > 0, ListenPort: null or > 0 });
        return true;
    });

    [Fact]
    public void Metadata_messages() => Break("peer", bytes =>
    {
        MetadataMessage message = MetadataMessage.Parse(bytes);
        Assert.InRange(message.Data.Length, 0, Math.Min(bytes.Length, MetadataMessage.PieceLength));
        Assert.True(message.Piece >= 0);
        return true;
    });

    [Fact]
    public void Peer_exchange() => Break("peer", bytes =>
    {
        PexMessage message = PexMessage.Parse(bytes);
        Assert.InRange((message.Added.Count + message.Dropped.Count) * NodeAddress.IPv4Length, 0, bytes.Length);
        Assert.All(message.Added, peer => Assert.NotEqual(0, peer.EndPoint.Port));
        return true;
    });

    [Fact]
    public void Local_service_discovery_announcements() => Break("lsd", bytes =>
    {
        if (LsdMessage.TryParse(bytes) is not { } message)
            return false;
        Assert.InRange(message.InfoHashes.Count, 1, LsdMessage.MaxInfoHashes);
        Assert.InRange(message.Cookie?.Length ?? 0, 0, LsdMessage.MaxCookieLength);
        Assert.NotEqual(0, message.PeerPort);
        return true;
    });

    /// <summary>
    /// Mutates all packets of a protocol and passes each to the readers of all of the protocol's packets.
    /// </summary>
    private static void Break(string protocol, Func<byte[], bool> read)
    {
        IReadOnlyList<Capture> captures = Capture.Of(protocol);
        int wasRead = 0, wasRefused = 0;
        for (int i = 0; i < captures.Count * Times; i++)
        {
            Capture other = captures[(i + (i / captures.Count)) % captures.Count];
            byte[] bytes = Mutation.Of(captures[i % captures.Count].Bytes, other.Bytes, seed: i);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                if (read(bytes))
                    wasRead++;
                else
                    wasRefused++;
            }
            catch (WireException)
            {
                wasRefused++;
            }

            long took = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(took < MaxAllocated, $"packet {i} took {took} bytes: {Convert.ToHexString(bytes)}");
        }

        Assert.True(
            wasRead > 0 && wasRefused > 0, $"{wasRead} read and {wasRefused} refused: the test breaks all or nothing");
    }
}
