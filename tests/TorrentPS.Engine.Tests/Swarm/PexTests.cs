using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>
/// Peers tell each other of further ones (BEP 11), within limits, and never in a private torrent (BEP 27).
/// </summary>
public sealed class PexTests
{
    private const byte TheirId = 9;

    [Fact]
    public void A_peer_with_the_extension_gets_the_addresses_and_flags_of_others()
    {
        using SwarmFixture swarm = Open();
        FakePeer listener = Greet(swarm.Connect(1), port: 7001);
        swarm.Handle(new PeersFound([SwarmFixture.At(2)], PeerSource.Tracker));
        Greet(swarm.Connect(2, incoming: false)).Serving();
        Greet(swarm.Connect(3), port: 7003);
        swarm.Connect(4); // Did not say where it listens.

        swarm.Pass(1);

        PexMessage told = Assert.Single(Told(listener));
        Assert.Equal(
            [
                new PexPeer(SwarmFixture.At(2), PexFlags.Seed | PexFlags.Reachable),
                new PexPeer(SwarmFixture.At(3, 7003), PexFlags.None),
            ],
            told.Added);
    }

    [Fact]
    public void A_message_is_sent_once_a_minute_at_most_and_only_with_changes()
    {
        using SwarmFixture swarm = Open();
        FakePeer listener = Greet(swarm.Connect(1), port: 7001);
        FakePeer leaver = Greet(swarm.Connect(2), port: 7002);
        swarm.Pass(1);
        Assert.Single(Told(listener));

        Greet(swarm.Connect(3), port: 7003);
        leaver.Leave();
        swarm.Pass(58);
        Assert.Single(Told(listener));
        swarm.Pass(2);
        swarm.Pass(200);

        PexMessage[] told = Told(listener);
        Assert.Equal(2, told.Length);
        Assert.Equal([SwarmFixture.At(3, 7003)], told[1].Added.Select(peer => peer.EndPoint));
        Assert.Equal([SwarmFixture.At(2, 7002)], told[1].Dropped);
    }

    [Fact]
    public void A_peer_without_the_extension_or_that_switched_it_off_gets_no_message()
    {
        using SwarmFixture swarm = Open();
        FakePeer silent = swarm.Connect(1);
        FakePeer changed = Greet(swarm.Connect(2), port: 7002);
        changed.Extended(
            new ExtensionHandshake { Messages = new Dictionary<string, byte> { [PexMessage.ExtensionName] = 0 } });
        Greet(swarm.Connect(3), port: 7003);

        swarm.Pass(200);

        Assert.Empty(Told(silent));
        Assert.Empty(Told(changed));
    }

    [Fact]
    public void Peer_exchange_can_be_switched_off_and_on_for_connected_peers()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Greet(swarm.Connect(1), port: 7001);
        swarm.Handle(new SettingsChanged(settings => settings with
        {
            Session =
            settings.Session with { EnablePex = false }
        }, new TaskCompletionSource()));
        Greet(swarm.Connect(2), port: 7002);
        Tell(peer, SwarmFixture.At(5));
        swarm.Pass(100);
        Assert.Empty(Told(peer));
        Assert.Empty(swarm.Dialed);
        int greetings = Greetings(peer).Count;

        swarm.Handle(new SettingsChanged(settings => settings with
        {
            Session =
            settings.Session with { EnablePex = true }
        }, new TaskCompletionSource()));
        Tell(peer, SwarmFixture.At(5));
        swarm.Pass(1);

        Assert.Equal([SwarmFixture.At(2, 7002)], Assert.Single(Told(peer)).Added.Select(other => other.EndPoint));
        Assert.Contains(SwarmFixture.At(5), swarm.Dialed);
        Assert.Equal(greetings + 1, Greetings(peer).Count);
        Assert.Contains(PexMessage.ExtensionName, Greetings(peer)[^1].Messages.Keys);
    }

    [Fact]
    public void Addresses_that_a_peer_names_are_dialed_with_their_source()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = Greet(swarm.Connect(1));

        Tell(teller, SwarmFixture.At(5), SwarmFixture.At(6));

        Assert.Equal([SwarmFixture.At(5), SwarmFixture.At(6)], swarm.Dialed.OrderBy(endPoint => endPoint.ToString()));
        Assert.Equal(PeerSource.Pex, swarm.StatusOf(swarm.Connect(5, incoming: false)).Source);
    }

    [Fact]
    public void A_connected_peer_that_another_names_is_not_dialed_again()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = Greet(swarm.Connect(1));
        Greet(swarm.Connect(2), port: 7002);

        Tell(teller, SwarmFixture.At(2, 7002));

        Assert.Empty(swarm.Dialed);
    }

    [Fact]
    public void A_seed_does_not_dial_peers_named_as_seeds()
    {
        using SwarmFixture swarm = Open(have: [0, 1, 2, 3]);
        FakePeer teller = Greet(swarm.Connect(1));

        Tell(teller, new PexPeer(SwarmFixture.At(5), PexFlags.Seed), new PexPeer(SwarmFixture.At(6), PexFlags.None));

        Assert.Equal([SwarmFixture.At(6)], swarm.Dialed);
    }

    [Fact]
    public void Flags_that_a_connection_does_not_show_are_passed_on()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = Greet(swarm.Connect(1), port: 7001);
        Tell(teller, new PexPeer(
            SwarmFixture.At(5), PexFlags.PrefersEncryption | PexFlags.SupportsUtp | PexFlags.Seed));
        Greet(swarm.Connect(5, incoming: false));
        FakePeer listener = Greet(swarm.Connect(2));

        swarm.Pass(1);

        Assert.Contains(
            new PexPeer(SwarmFixture.At(
                5), PexFlags.PrefersEncryption | PexFlags.SupportsUtp | PexFlags.Reachable), Told(listener)[0].Added);
    }

    [Fact]
    public void A_flood_of_messages_is_ignored_and_ends_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer flooder = Greet(swarm.Connect(1));
        for (int i = 0; i < 10; i++)
            Tell(flooder, SwarmFixture.At(10 + i));
        Assert.Equal(2, swarm.Dialed.Count);
        Assert.Null(flooder.ClosedFor);

        for (int i = 0; i < 10; i++)
            Tell(flooder, SwarmFixture.At(100 + i));

        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
    }

    [Fact]
    public void Of_a_message_with_too_many_addresses_the_first_are_used_and_its_sender_stays_connected()
    {
        using SwarmFixture swarm = Open();
        swarm.HalfOpenRoom = 0;
        FakePeer teller = Greet(swarm.Connect(1));

        for (int minute = 0; minute < 60; minute++)
        {
            Tell(teller, [.. Enumerable.Range(1, 200).Select(i => SwarmFixture.At(i, 9000))]);
            teller.Say(PeerMessageId.KeepAlive);
            swarm.Pass(60);
        }

        Assert.Equal(100, swarm.Status.KnownPeers);
        Assert.Null(teller.ClosedFor);
    }

    [Fact]
    public void A_second_message_with_a_thousand_addresses_is_a_flood()
    {
        using SwarmFixture swarm = Open();
        swarm.HalfOpenRoom = 0;
        FakePeer teller = Greet(swarm.Connect(1));
        IPEndPoint[] thousand = [.. Enumerable.Range(1, 1000).Select(i => SwarmFixture.At((i % 250) + 1, 9000 + i))];

        Tell(teller, thousand);
        Assert.Equal((100, null), (swarm.Status.KnownPeers, teller.ClosedFor));
        swarm.Pass(60);
        Tell(teller, thousand);

        Assert.Equal(DisconnectReason.ProtocolError, teller.ClosedFor);
    }

    [Fact]
    public void One_peer_alone_can_fill_only_a_part_of_the_table_of_addresses()
    {
        using SwarmFixture swarm = Open();
        swarm.HalfOpenRoom = 0;
        FakePeer teller = Greet(swarm.Connect(1));
        for (int minute = 0; minute < 20; minute++)
        {
            Tell(teller, [.. Enumerable.Range(1, 100).Select(i => SwarmFixture.At(i, 2000 + minute))]);
            teller.Say(PeerMessageId.KeepAlive);
            swarm.Pass(60);
        }

        Assert.Null(teller.ClosedFor);
        Assert.Equal(300, swarm.Status.KnownPeers);
    }

    [Fact]
    public void The_newest_addresses_of_a_peer_that_sends_fifty_a_minute_for_hours_are_dialed()
    {
        const int minutes = 6 * 60, each = 50;
        using SwarmFixture swarm = Open();
        swarm.HalfOpenRoom = 0;
        FakePeer teller = Greet(swarm.Connect(1));
        for (int minute = 0; minute < minutes; minute++)
        {
            Tell(teller, new PexMessage { Added = Peers(minute), Dropped = [.. Peers(minute - 5).Select(EndPointOf)] });
            teller.Say(PeerMessageId.KeepAlive);
            swarm.Pass(60);
            Assert.InRange(swarm.Status.KnownPeers, Math.Min((minute + 1) * each, 300), 300);
        }

        swarm.HalfOpenRoom = 1000;
        swarm.Pass(1);

        Assert.NotEmpty(swarm.Dialed);
        Assert.Subset(
            Enumerable.Range(minutes - 6, 6).SelectMany(Peers).Select(EndPointOf).ToHashSet(),
            swarm.Dialed.ToHashSet());
        Assert.Null(teller.ClosedFor);

        static PexPeer[] Peers(int minute) =>
            [.. Enumerable.Range(1, each).Select(i => new PexPeer(SwarmFixture.At(i, 2000 + minute), PexFlags.None))];

        static IPEndPoint EndPointOf(PexPeer peer) => peer.EndPoint;
    }

    [Fact]
    public void A_connected_peer_stays_known_however_many_addresses_follow_its_own()
    {
        using SwarmFixture swarm = new SwarmFixture(with: s => s with
        {
            Session = s.Session with { EnablePex = true },
            Torrent = s.Torrent with { MaxPeers = 1000 },
        }).Start();
        FakePeer teller = Greet(swarm.Connect(1));
        Tell(teller, SwarmFixture.At(200));
        swarm.HalfOpenRoom = 0;
        FakePeer connected = swarm.Connect(200, incoming: false);
        for (int minute = 0; minute < 10; minute++)
        {
            swarm.Pass(60);
            Tell(teller, [.. Enumerable.Range(1, 50).Select(i => SwarmFixture.At(i, 2000 + minute))]);
            connected.Say(PeerMessageId.KeepAlive);
        }

        connected.Leave();
        swarm.HalfOpenRoom = 1000;
        swarm.Pass(60);

        Assert.Equal(2, swarm.Dialed.Count(dialed => dialed.Equals(SwarmFixture.At(200))));
        Assert.Equal(300, swarm.Dialed.Distinct().Count());
    }

    [Fact]
    public void Malformed_messages_end_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = Greet(swarm.Connect(1));

        teller.Say(
            new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = PexHandler.MessageId, Body = [(byte)'x'] });

        Assert.Equal(DisconnectReason.ProtocolError, teller.ClosedFor);
    }

    [Fact]
    public void Private_addresses_are_neither_sent_to_public_peers_nor_accepted_from_them()
    {
        using SwarmFixture swarm = Open();
        FakePeer stranger = Greet(swarm.Connect(1, at: new IPEndPoint(IPAddress.Parse("9.9.9.9"), 5000)));
        Greet(swarm.Connect(2), port: 7002);

        Tell(stranger, SwarmFixture.At(77));
        swarm.Pass(1);

        Assert.Empty(swarm.Dialed);
        Assert.Empty(Told(stranger));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Without_peer_exchange_it_is_neither_announced_nor_sent_nor_accepted(bool isPrivate, bool usesPex)
    {
        using SwarmFixture swarm = Open(isPrivate, usesPex);
        FakePeer teller = Greet(swarm.Connect(1), port: 7001);
        Greet(swarm.Connect(2), port: 7002);
        Tell(teller, SwarmFixture.At(5));
        swarm.Pass(200);

        byte[] greeting = teller.Inbox.First(sent => sent.Id == PeerMessageId.Extended).Body!;
        Assert.DoesNotContain(PexMessage.ExtensionName, ExtensionHandshake.Parse(greeting).Messages.Keys);
        Assert.Empty(Told(teller));
        Assert.Empty(swarm.Dialed);
    }

    [Theory]
    [InlineData(PeerSource.Dht)]
    [InlineData(PeerSource.Pex)]
    [InlineData(PeerSource.Lsd)]
    [InlineData(PeerSource.Resume)]
    public void A_private_torrent_dials_only_addresses_of_its_trackers_and_the_user(PeerSource source)
    {
        using SwarmFixture swarm = Open(isPrivate: true);

        swarm.Handle(new PeersFound([SwarmFixture.At(1)], source));
        Assert.Empty(swarm.Dialed);
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        Assert.Single(swarm.Dialed);
    }

    private static List<ExtensionHandshake> Greetings(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent is { Id: PeerMessageId.Extended, ExtendedId: 0 })
            .Select(sent => ExtensionHandshake.Parse(sent.Body!))];

    private static SwarmFixture Open(bool isPrivate = false, bool usesPex = true, params int[] have) =>
        new SwarmFixture(with: s => s with
        {
            Session =
            s.Session with { EnablePex = usesPex },
            IsPrivate = isPrivate,
            ListenPort = 6881
        }).Start(have);

    private static FakePeer Greet(FakePeer peer, ushort? port = null)
    {
        peer.Extended(new ExtensionHandshake
        {
            Messages =
            new Dictionary<string, byte> { [PexMessage.ExtensionName] = TheirId },
            ListenPort = port
        });
        return peer;
    }

    private static void Tell(FakePeer teller, params IPEndPoint[] peers) =>
        Tell(teller, [.. peers.Select(peer => new PexPeer(peer, PexFlags.None))]);

    private static void Tell(FakePeer teller, params PexPeer[] peers) =>
        Tell(teller, new PexMessage { Added = peers });

    private static void Tell(FakePeer teller, PexMessage message) => teller.Say(new PeerEvent
    {
        Id = PeerMessageId.Extended,
        ExtendedId = PexHandler.MessageId,
        Body = message.Encode(),
    });

    private static PexMessage[] Told(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent.ExtendedId == TheirId).Select(sent => PexMessage.Parse(sent.Body))];
}
