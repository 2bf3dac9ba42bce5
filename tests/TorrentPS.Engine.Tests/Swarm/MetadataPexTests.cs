using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Peer exchange (BEP 11) while the metadata is downloaded has the same limits as later.</summary>
public sealed class MetadataPexTests
{
    [Fact]
    public void Addresses_that_a_peer_names_are_dialed()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = swarm.Connect(1);

        Tell(teller, SwarmFixture.At(5), SwarmFixture.At(6));

        Assert.Equal([SwarmFixture.At(5), SwarmFixture.At(6)], swarm.Dialed.OrderBy(endPoint => endPoint.ToString()));
    }

    [Fact]
    public void A_flood_of_messages_is_ignored_and_ends_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer flooder = swarm.Connect(1);
        for (int i = 0; i < 10; i++)
            Tell(flooder, SwarmFixture.At(10 + i));
        Assert.Equal(2, swarm.Dialed.Count);
        Assert.Null(flooder.ClosedFor);

        for (int i = 0; i < 10; i++)
            Tell(flooder, SwarmFixture.At(100 + i));

        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void The_first_hundred_addresses_of_a_message_are_used_and_thousands_end_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = swarm.Connect(1);
        FakePeer flooder = swarm.Connect(2);

        Tell(teller, [.. Enumerable.Range(1, 101).Select(i => SwarmFixture.At(i, 9000))]);
        Assert.Equal(100, swarm.Dialed.Count);
        Assert.Null(teller.ClosedFor);
        Tell(flooder, [.. Enumerable.Range(1, 2000).Select(i => SwarmFixture.At(1, 10_000 + i))]);

        Assert.Equal(200, swarm.Dialed.Count);
        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
    }

    [Fact]
    public void One_peer_alone_may_name_three_hundred_addresses()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = swarm.Connect(1);
        for (int minute = 0; minute < 20; minute++)
        {
            Tell(teller, [.. Enumerable.Range(1, 100).Select(i => SwarmFixture.At(i, 2000 + minute))]);
            swarm.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Null(teller.ClosedFor);
        Assert.Equal(300, swarm.Dialed.Count);
    }

    [Fact]
    public void Peer_exchange_can_be_switched_off_and_on()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = swarm.Connect(1);
        Switch(swarm, false);
        Tell(teller, SwarmFixture.At(5));
        Assert.Empty(swarm.Dialed);
        int handshakes = Handshakes(teller).Count;

        Switch(swarm, true);
        Tell(teller, SwarmFixture.At(5));

        Assert.Equal([SwarmFixture.At(5)], swarm.Dialed);
        Assert.Equal(handshakes + 1, Handshakes(teller).Count);
        Assert.Contains(PexMessage.ExtensionName, Handshakes(teller)[^1].Messages.Keys);
    }

    [Fact]
    public void Unreadable_messages_end_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer teller = swarm.Connect(1);

        Say(teller, "x"u8.ToArray());

        Assert.Equal(DisconnectReason.ProtocolError, teller.ClosedFor);
    }

    private static SwarmFixture Open()
    {
        var swarm = new SwarmFixture(with: settings => settings with
        {
            Geometry = null,
            InfoHash = default(InfoHash),
            MaxMetadataSize = 1 << 20,
            Torrent = settings.Torrent with { MaxPeers = 1000 },
            Session = settings.Session with { EnablePex = true },
        });
        swarm.Begin();
        return swarm;
    }

    private static void Switch(SwarmFixture swarm, bool isOn) => swarm.Handle(new SettingsChanged(
        settings => settings with
        {
            Session =
            settings.Session with { EnablePex = isOn }
        }, new TaskCompletionSource()));

    private static void Tell(FakePeer teller, params IPEndPoint[] peers) =>
        Say(teller, new PexMessage { Added = [.. peers.Select(peer => new PexPeer(peer, PexFlags.None))] }.Encode());

    private static void Say(FakePeer teller, byte[] body) =>
        teller.Say(new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = PexHandler.MessageId, Body = body });

    private static List<ExtensionHandshake> Handshakes(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent is { Id: PeerMessageId.Extended, ExtendedId: 0 })
            .Select(sent => ExtensionHandshake.Parse(sent.Body))];
}
