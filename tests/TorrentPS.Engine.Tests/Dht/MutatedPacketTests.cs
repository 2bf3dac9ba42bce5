using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tests;
using TorrentPS.Protocol.Tests.Captures;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>
/// Sends a node mutated packets of real clients, and checks its limits, including the anti-amplification limit.
/// </summary>
public sealed class MutatedPacketTests
{
    private const int Known = 40, Packets = 20_000;

    private static readonly byte[] s_theirToken = "5:token4:tokn"u8.ToArray();

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Mutated_packets_do_not_stop_a_node_or_exceed_its_limits(AddressFamily family)
    {
        var settings = new DhtNodeSettings
        {
            MaxTorrents = 6,
            MaxPeers = 20,
            MaxPeersPerTorrent = 10,
            MaxItems = 2,
            MaxLookups = 8,
            MaxOutstandingQueries = 64,
        };
        var harness = new DhtNodeHarness(settings, family);
        IPEndPoint[] hosts = [.. Enumerable.Range(0, Known).Select(i => HostOf(family, i))];
        byte[][] tokens = [.. hosts.Select(host => Register(harness, host))];
        var random = new Random(1);
        var received = new Dictionary<IPEndPoint, int>();
        int accepted = 0;
        harness.Sent.Clear();
        var sent = new Dictionary<IPEndPoint, int>();
        var asked = new Dictionary<IPEndPoint, byte[]>();
        for (int i = 0; i < Packets; i++)
        {
            if (i % 200 == 0)
                Search(harness, random);

            // Every third packet comes from a new host that sends nothing else.
            int number = random.Next(Known * 3 / 2);
            IPEndPoint host = number < Known ? hosts[number] : HostOf(family, 1000 + i);
            IReadOnlyList<Capture> captures = Capture.Of("krpc");
            byte[] packet = captures[i % captures.Count].Bytes;

            // Known hosts use this node's token and the transaction ids of its queries.
            if (number < Known)
            {
                packet = WithToken(packet, tokens[number]);
                if (asked.Remove(host, out byte[]? transaction))
                    packet = Answering(packet, transaction);
            }

            byte[] broken = i % 4 == 0
                ? packet
                : Mutation.Of(packet, captures[random.Next(captures.Count)].Bytes, seed: i);
            int queries = harness.Node.OutstandingQueries;
            harness.Node.Receive(broken, host);
            accepted += harness.Node.OutstandingQueries < queries ? 1 : 0;
            received[host] = received.GetValueOrDefault(host) + broken.Length;
            if (i % 8 == 0)
                harness.Advance(TimeSpan.FromMilliseconds(100));
            foreach ((byte[] bytes, IPEndPoint to) in harness.Sent)
            {
                sent[to] = sent.GetValueOrDefault(to) + bytes.Length;
                if (DhtNodeHarness.Parse(bytes) is { Kind: KrpcKind.Query } query)
                    asked[to] = query.TransactionId.ToArray();
            }

            harness.Sent.Clear();
            Assert.InRange(harness.Node.OutstandingQueries, 0, settings.MaxOutstandingQueries);
            Assert.InRange(harness.Node.ActiveLookups, 0, settings.MaxLookups);
        }

        // Ensures that enough packets were accepted to reach the limits.
        Assert.True(accepted > 100, $"{accepted} answers were accepted");
        var status = harness.Node.Status;
        Assert.Equal((settings.MaxTorrents, settings.MaxItems), (status.StoredTorrents, status.StoredItems));
        Assert.InRange(status.StoredPeers, settings.MaxTorrents, settings.MaxPeers);
        foreach (IPEndPoint unknown in received.Keys.Except(hosts))
            Assert.True(
                sent.GetValueOrDefault(unknown) <= received[unknown], $"{unknown} was sent more than came from it");
        Assert.Equal(
            KrpcKind.Response,
            DhtNodeHarness.Parse(harness.SendQuery(harness.CreateQuery(KrpcMethod.Ping), hosts[0])).Kind);
    }

    private static IPEndPoint HostOf(AddressFamily family, int number) => family == AddressFamily.InterNetwork
        ? DhtNodeHarness.Host(number)
        : new IPEndPoint(
            new IPAddress([0x2a, 0, (byte)(number >> 8), (byte)number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]), 6881);

    /// <summary>Adds a host and gets a token for it.</summary>
    private static byte[] Register(DhtNodeHarness harness, IPEndPoint host)
    {
        harness.AddHost(host);
        KrpcMessage query = harness.CreateQuery(KrpcMethod.GetPeers, NodeId.Random(harness.Random));
        return DhtNodeHarness.Parse(harness.SendQuery(query, host)).Token.ToArray();
    }

    private static void Search(DhtNodeHarness harness, Random random)
    {
        byte[] torrent = new byte[InfoHash.Length];
        random.NextBytes(torrent);
        if (harness.Node.ActiveLookups < 8)
            harness.Node.FindPeers(new InfoHash(torrent), 6881, false, false, _ => { }, _ => { });
    }

    /// <summary>Replaces the captured token by a token of this node.</summary>
    private static byte[] WithToken(byte[] packet, byte[] token)
    {
        int at = packet.AsSpan().IndexOf(s_theirToken);
        if (at < 0)
            return packet;
        byte[] valid = [.. packet];
        token.CopyTo(valid, at + s_theirToken.Length - token.Length);
        return valid;
    }

    private static byte[] Answering(byte[] packet, byte[] transaction)
    {
        KrpcMessage message = DhtNodeHarness.Parse(packet);
        if (message.Kind == KrpcKind.Query)
            return packet;
        byte[] buffer = new byte[KrpcMessage.MaxLength];
        return buffer[..(message with { TransactionId = transaction }).Write(buffer)];
    }
}
