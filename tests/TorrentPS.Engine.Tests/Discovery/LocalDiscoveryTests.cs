using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Announces over the real multicast groups, on this host's loopback only.</summary>
public sealed class LocalDiscoveryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public Task Two_clients_with_the_same_torrent_find_each_other_and_not_themselves() => MeetAsync(IPAddress.Loopback);

    [FactWithIPv6Network]
    public Task Two_clients_find_each_other_over_IPv6() => MeetAsync(FactWithIPv6NetworkAttribute.Address!);

    private static async Task MeetAsync(IPAddress local)
    {
        InfoHash torrent = RandomHash(), other = RandomHash();
        await using var first = new LocalDiscovery(new NetworkBinding(local), TimeProvider.System, new Random());
        await using var second = new LocalDiscovery(new NetworkBinding(local), TimeProvider.System, new Random());
        var firstFound = new FoundPeers();
        var secondFound = new FoundPeers();
        var ofOther = new FoundPeers();
        first.Add(torrent, 1001, firstFound.Add);
        first.Add(other, 1001, ofOther.Add);

        second.Add(torrent, 1002, secondFound.Add);

        // The client that started first receives the announce of the other.
        Task<IPEndPoint> received = await Task.WhenAny(firstFound.First, secondFound.First).WaitAsync(s_limit);
        Assert.Equal(new IPEndPoint(local, received == firstFound.First ? 1002 : 1001), await received);
        Assert.Empty(ofOther.All);
        Assert.DoesNotContain(firstFound.All, peer => peer.Port == 1001);
        Assert.DoesNotContain(secondFound.All, peer => peer.Port == 1002);
    }

    [Fact]
    public async Task A_removed_torrent_is_not_reported_and_dispose_ends_all_loops()
    {
        InfoHash gone = RandomHash(), kept = RandomHash();
        using var ear = new LsdReceiver(IPAddress.Loopback);
        var discovery = new LocalDiscovery(new NetworkBinding(IPAddress.Loopback), TimeProvider.System, new Random());
        await using var other = new LocalDiscovery(new NetworkBinding(IPAddress.Loopback), TimeProvider.System, new Random());
        var goneHeard = new FoundPeers();
        var keptHeard = new FoundPeers();
        discovery.Add(gone, 1001, goneHeard.Add);
        discovery.Add(kept, 1001, keptHeard.Add);
        await ear.ExpectAsync(kept).WaitAsync(s_limit);
        discovery.Remove(gone);

        other.Add(gone, 1002, _ => { });
        other.Add(kept, 1003, _ => { });
        Assert.Equal(1003, (await keptHeard.First.WaitAsync(s_limit)).Port);
        Assert.Empty(goneHeard.All);

        await discovery.DisposeAsync();
        Assert.Equal(0, discovery.Running);
        discovery.Add(gone, 1001, _ => { });
        Assert.Equal(0, discovery.Running);
    }

    [Fact]
    public async Task A_packet_not_sent_to_the_multicast_group_is_dropped()
    {
        InfoHash torrent = RandomHash();
        await using var discovery = new LocalDiscovery(new NetworkBinding(IPAddress.Loopback), TimeProvider.System, new Random());
        var received = new FoundPeers();
        using var ear = new LsdReceiver(IPAddress.Loopback);
        discovery.Add(torrent, 1001, received.Add);
        await ear.ExpectAsync(torrent).WaitAsync(s_limit);
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sender.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        sender.SetSocketOption(
            SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Loopback.GetAddressBytes());

        sender.SendTo(Packet(torrent, 2001), new IPEndPoint(IPAddress.Loopback, LsdMessage.Port));
        sender.SendTo(Packet(torrent, 2002), new IPEndPoint(LsdMessage.GroupIPv4, LsdMessage.Port));

        Assert.Equal(2002, (await received.First.WaitAsync(s_limit)).Port);
    }

    private static byte[] Packet(InfoHash torrent, ushort port) =>
        new LsdMessage { PeerPort = port, InfoHashes = [torrent] }.Encode(LsdMessage.GroupIPv4);

    private static InfoHash RandomHash()
    {
        byte[] bytes = new byte[InfoHash.Length];
        Random.Shared.NextBytes(bytes);
        return new InfoHash(bytes);
    }

    private sealed class FoundPeers
    {
        private readonly Lock _gate = new();
        private readonly List<IPEndPoint> _all = [];
        private readonly TaskCompletionSource<IPEndPoint> _first = new(
            TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<IPEndPoint> First => _first.Task;

        public IReadOnlyList<IPEndPoint> All
        {
            get
            {
                lock (_gate)
                    return [.. _all];
            }
        }

        public void Add(IReadOnlyList<IPEndPoint> peers)
        {
            lock (_gate)
                _all.AddRange(peers);
            _first.TrySetResult(peers[0]);
        }
    }
}
