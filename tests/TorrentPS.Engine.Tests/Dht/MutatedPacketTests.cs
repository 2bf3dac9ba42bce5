using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tests;
using TorrentPS.Protocol.Tests.Captures;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>A node among hosts that send it what real clients sent, broken: it goes on, within its limits, and owes nobody more than it got.</summary>
public sealed class MutatedPacketTests
{
    private const int Known = 40, Packets = 20_000;

    private static readonly byte[] s_theirToken = "5:token4:tokn"u8.ToArray();

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Nothing_of_it_stops_a_node_or_takes_it_past_its_limits(AddressFamily family)
    {
        var settings = new DhtNodeSettings { MaxTorrents = 6, MaxPeers = 20, MaxPeersPerTorrent = 10, MaxItems = 2, MaxLookups = 8, MaxOutstanding = 64 };
        var one = new DhtNodeHarness(settings, family);
        IPEndPoint[] hosts = [.. Enumerable.Range(0, Known).Select(i => HostOf(family, i))];
        byte[][] tokens = [.. hosts.Select(host => Greet(one, host))];
        var random = new Random(1);
        var received = new Dictionary<IPEndPoint, int>();
        int heeded = 0;
        one.Sent.Clear();
        var sent = new Dictionary<IPEndPoint, int>();
        var asked = new Dictionary<IPEndPoint, byte[]>();
        for (int i = 0; i < Packets; i++)
        {
            if (i % 200 == 0)
                Search(one, random);

            // Every third is a stranger's only word.
            int number = random.Next(Known * 3 / 2);
            IPEndPoint host = number < Known ? hosts[number] : HostOf(family, 1000 + i);
            IReadOnlyList<Capture> captures = Capture.Of("krpc");
            byte[] packet = captures[i % captures.Count].Bytes;

            // Those that are known say what the node listens to: with its token, and in answer to what it asked them.
            if (number < Known)
            {
                packet = WithToken(packet, tokens[number]);
                if (asked.Remove(host, out byte[]? transaction))
                    packet = Answering(packet, transaction);
            }

            byte[] broken = i % 4 == 0 ? packet : Mutation.Of(packet, captures[random.Next(captures.Count)].Bytes, seed: i);
            int queries = one.Node.QueriesUnderWay;
            one.Node.Receive(broken, host);
            heeded += one.Node.QueriesUnderWay < queries ? 1 : 0;
            received[host] = received.GetValueOrDefault(host) + broken.Length;
            if (i % 8 == 0)
                one.Advance(TimeSpan.FromMilliseconds(100));
            foreach ((byte[] bytes, IPEndPoint to) in one.Sent)
            {
                sent[to] = sent.GetValueOrDefault(to) + bytes.Length;
                if (DhtNodeHarness.Parse(bytes) is { Kind: KrpcKind.Query } query)
                    asked[to] = query.TransactionId.ToArray();
            }

            one.Sent.Clear();
            Assert.InRange(one.Node.QueriesUnderWay, 0, settings.MaxOutstanding);
            Assert.InRange(one.Node.LookupsUnderWay, 0, settings.MaxLookups);
        }

        // Enough got through for the limits to matter.
        Assert.True(heeded > 100, $"{heeded} answers were heeded");
        var status = one.Node.Status;
        Assert.Equal((settings.MaxTorrents, settings.MaxItems), (status.StoredTorrents, status.StoredItems));
        Assert.InRange(status.StoredPeers, settings.MaxTorrents, settings.MaxPeers);
        foreach (IPEndPoint stranger in received.Keys.Except(hosts))
            Assert.True(sent.GetValueOrDefault(stranger) <= received[stranger], $"{stranger} was sent more than came from it");
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.Ping), hosts[0])).Kind);
    }

    private static IPEndPoint HostOf(AddressFamily family, int number) => family == AddressFamily.InterNetwork
        ? DhtNodeHarness.Host(number)
        : new IPEndPoint(new IPAddress([0x2a, 0, (byte)(number >> 8), (byte)number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]), 6881);

    /// <summary>Makes itself known and asks for a token.</summary>
    private static byte[] Greet(DhtNodeHarness one, IPEndPoint host)
    {
        one.Introduce(host);
        KrpcMessage query = one.Query(KrpcMethod.GetPeers, NodeId.Random(one.Random));
        return DhtNodeHarness.Parse(one.Ask(query, host)).Token.ToArray();
    }

    private static void Search(DhtNodeHarness one, Random random)
    {
        byte[] torrent = new byte[InfoHash.Length];
        random.NextBytes(torrent);
        if (one.Node.LookupsUnderWay < 8)
            one.Node.FindPeers(new InfoHash(torrent), 6881, false, false, _ => { }, _ => { });
    }

    /// <summary>Puts the node's token in the place of the one that the client was given.</summary>
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
