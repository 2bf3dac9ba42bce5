using System.Net;
using TorrentPS.Engine.Metadata;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Metadata;

/// <summary>While the metadata is sought, peers name each other as they do later, and within the same limits (BEP 11).</summary>
public sealed class MetadataSearchTests : IMetadataHost
{
    private readonly FakeTime _time = new();
    private readonly MetadataSearch _search;
    private readonly List<IPEndPoint> _dialed = [];

    public MetadataSearchTests()
    {
        var settings = new MetadataSettings
        {
            Name = "link",
            InfoHash = default(InfoHash),
            Destination = "/nowhere",
            PeerId = IdOf(100),
            UsesPex = true,
            MaxPeers = 1000,
            MaxSize = 1 << 20,
        };
        _search = new MetadataSearch(settings, this, _time, new Random(1));
        _search.Start();
    }

    [Fact]
    public void Whom_a_peer_names_is_called()
    {
        Link teller = Connect(1);

        Tell(teller, At(5), At(6));

        Assert.Equal([At(5), At(6)], _dialed.OrderBy(endPoint => endPoint.ToString()));
    }

    [Fact]
    public void A_flood_of_messages_is_not_heeded_and_ends_the_connection()
    {
        Link flooder = Connect(1);
        for (int i = 0; i < 10; i++)
            Tell(flooder, At(10 + i));
        Assert.Equal(2, _dialed.Count);
        Assert.Null(flooder.ClosedFor);

        for (int i = 0; i < 10; i++)
            Tell(flooder, At(100 + i));

        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
        Assert.Equal(2, _dialed.Count);
    }

    [Fact]
    public void Of_a_message_that_names_too_many_the_first_hundred_are_heeded_and_thousands_are_a_flood()
    {
        Link teller = Connect(1);
        Link flooder = Connect(2);

        Tell(teller, [.. Enumerable.Range(1, 101).Select(i => At(i, 9000))]);
        Assert.Equal(100, _dialed.Count);
        Assert.Null(teller.ClosedFor);
        Tell(flooder, [.. Enumerable.Range(1, 2000).Select(i => At(1, 10_000 + i))]);

        Assert.Equal(200, _dialed.Count);
        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
    }

    [Fact]
    public void One_peer_alone_names_three_hundred_at_most()
    {
        Link teller = Connect(1);
        for (int minute = 0; minute < 20; minute++)
        {
            Tell(teller, [.. Enumerable.Range(1, 100).Select(i => At(i, 1000 + minute))]);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Null(teller.ClosedFor);
        Assert.Equal(300, _dialed.Count);
    }

    [Fact]
    public void Switched_off_nobody_is_heeded_and_switched_on_those_connected_hear_that_it_is_used_now()
    {
        Link teller = Connect(1);
        _search.Handle(new MetadataSettingsChanged(settings => settings with { UsesPex = false }));
        Tell(teller, At(5));
        Assert.Empty(_dialed);
        int greetings = teller.Greetings.Count;

        _search.Handle(new MetadataSettingsChanged(settings => settings with { UsesPex = true }));
        Tell(teller, At(5));

        Assert.Equal([At(5)], _dialed);
        Assert.Equal(greetings + 1, teller.Greetings.Count);
        Assert.Contains(PexMessage.ExtensionName, teller.Greetings[^1].Messages.Keys);
    }

    [Fact]
    public void What_cannot_be_read_ends_the_connection()
    {
        Link teller = Connect(1);

        Hear(teller, new ExtendedMessage(PexHandler.MessageId, "x"u8.ToArray()));

        Assert.Equal(DisconnectReason.ProtocolError, teller.ClosedFor);
    }

    bool IMetadataHost.TryDial(IPEndPoint endPoint)
    {
        _dialed.Add(endPoint);
        return true;
    }

    void IMetadataHost.StartFinding()
    {
    }

    void IMetadataHost.StopFinding()
    {
    }

    void IMetadataHost.Publish(TorrentStatus status)
    {
    }

    void IMetadataHost.Found(byte[] info) => Assert.Fail("Nobody gave any.");

    void IMetadataHost.Ended()
    {
    }

    private static PeerId IdOf(int number)
    {
        byte[] id = new byte[PeerId.Length];
        id[0] = (byte)number;
        return new PeerId(id);
    }

    private static IPEndPoint At(int host, int port = 6881) => new(new IPAddress([10, 0, 0, (byte)host]), port);

    private Link Connect(int number)
    {
        var link = new Link(At(number));
        var handshake = new Handshake(PeerFeatures.ExtensionProtocol, default, IdOf(number));
        _search.Handle(new MetadataPeerConnected(link, handshake, true, () => { }));
        return link;
    }

    private void Tell(Link teller, params IPEndPoint[] peers) => Hear(
        teller, new ExtendedMessage(PexHandler.MessageId, new PexMessage { Added = [.. peers.Select(peer => new PexPeer(peer, PexFlags.None))] }.Encode()));

    private void Hear(Link link, ExtendedMessage message)
    {
        _search.Handle(new MetadataHeard(link, [message]));
        _search.EndTurn();
    }

    private sealed class Link(IPEndPoint endPoint) : IMetadataLink
    {
        public IPEndPoint EndPoint { get; } = endPoint;

        public DisconnectReason? ClosedFor { get; private set; }

        /// <summary>What it was told that we can do, each time.</summary>
        public List<ExtensionHandshake> Greetings { get; } = [];

        public void Send(byte extendedId, ReadOnlySpan<byte> payload)
        {
            if (extendedId == ExtensionHandler.HandshakeId)
                Greetings.Add(ExtensionHandshake.Parse(payload));
        }

        public void Send(ushort dhtPort)
        {
        }

        public void KeepAlive()
        {
        }

        public void Handled()
        {
        }

        public void Close(DisconnectReason reason) => ClosedFor ??= reason;
    }
}
