using System.Net;
using System.Security.Cryptography;
using TorrentPS.Engine.Metadata;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Metadata;

/// <summary>Whom the search asks, whom it believes, and what it does to those who lie, stall or flood.</summary>
public sealed class MetadataFetchTests
{
    private const int MaxSize = 1 << 20;

    private readonly byte[] _info = Content(10 * MetadataMessage.PieceLength - 100);
    private readonly MetadataFetch _fetch;
    private TimeSpan _now;
    private byte _address = 1;

    public MetadataFetchTests() => _fetch = new MetadataFetch(new InfoHash(SHA1.HashData(_info)), new InfoHashV2(SHA256.HashData(_info)), MaxSize);

    [Fact]
    public void A_peer_is_asked_as_soon_as_it_says_that_it_has_the_metadata_and_more_as_it_answers()
    {
        FakeSource peer = Join(_info.Length);
        Assert.Equal([0, 1, 2, 3], peer.Asked);
        peer.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Equal((_info.Length, _info.Length), _fetch.Progress);
    }

    [Fact]
    public void Several_peers_share_the_work()
    {
        FakeSource[] peers = [Join(_info.Length), Join(_info.Length), Join(_info.Length)];
        Assert.Equal([0, 1, 2, 3], peers[0].Asked);
        Assert.Equal([4, 5, 6, 7], peers[1].Asked);
        Assert.Equal([8, 9], peers[2].Asked.Take(2));
        while (_fetch.Result is null)
        {
            foreach (FakeSource peer in peers)
                peer.AnswerOne(_info);
        }

        Assert.Equal(_info, _fetch.Result);
        Assert.All(peers, peer => Assert.True(peer.Peer.Received > 0));
    }

    [Fact]
    public void A_single_liar_is_banned_and_the_next_peer_brings_the_truth()
    {
        FakeSource liar = Join(_info.Length);
        liar.Answer(Content(_info.Length, seed: 2));
        Assert.Null(_fetch.Result);
        Assert.Equal(DisconnectReason.Banned, liar.Closed);
        FakeSource honest = Join(_info.Length);
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Equal([liar.Peer.Origin], _fetch.Liars);
    }

    [Fact]
    public void Of_two_senders_of_a_wrong_whole_only_the_liar_is_banned_in_the_end()
    {
        FakeSource honest = Join(_info.Length);
        FakeSource liar = Join(_info.Length);
        byte[] wrong = Content(_info.Length, seed: 2);
        for (int i = 0; i < 10 && _fetch.Result is null && liar.Closed is null; i++)
        {
            honest.AnswerOne(_info);
            liar.AnswerOne(wrong);
        }

        // Each works alone by now.
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Equal([liar.Peer.Origin], _fetch.Liars);
        Assert.Null(honest.Closed);
    }

    [Fact]
    public void A_wrong_length_is_believed_of_nobody_else()
    {
        FakeSource liar = Join(_info.Length + 5000);
        FakeSource honest = Join(_info.Length);
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Null(liar.Closed);
    }

    [Theory]
    [InlineData(MaxSize + 1)]
    [InlineData(int.MaxValue)]
    public void A_length_over_the_limit_is_not_asked_for(int size) => Assert.Empty(Join(size).Asked);

    [Fact]
    public void A_peer_that_changes_its_mind_of_the_length_is_let_go()
    {
        FakeSource peer = Join(_info.Length);
        peer.Tell(_info.Length + 1);
        Assert.Equal(DisconnectReason.ProtocolError, peer.Closed);
    }

    [Fact]
    public void A_peer_that_stalls_loses_its_pieces_to_others_and_its_place_in_the_end()
    {
        FakeSource slow = Join(_info.Length);
        Pass(5);
        FakeSource quick = Join(_info.Length);
        quick.Answer(_info);
        Assert.Equal(_info, _fetch.Result);

        var alone = new MetadataFetchTests();
        FakeSource silent = alone.Join(_info.Length);
        for (int i = 0; i < 4; i++)
            alone.Pass(5);
        Assert.Equal(DisconnectReason.ServesNothing, silent.Closed);
        Assert.Null(slow.Closed);
    }

    [Fact]
    public void A_peer_that_says_no_is_asked_again_later()
    {
        FakeSource peer = Join(_info.Length);
        peer.Reject();
        int asked = peer.Asked.Count;
        Pass(1);
        Assert.Equal(asked, peer.Asked.Count);
        Pass(5);
        peer.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
    }

    [Fact]
    public void Data_that_nobody_asked_for_ends_a_connection()
    {
        FakeSource peer = Join(_info.Length);
        for (int i = 0; i < 100 && peer.Closed is null; i++)
            peer.Send(9, new byte[MetadataMessage.LengthOf(9, _info.Length)], _info.Length);
        Assert.Equal(DisconnectReason.ProtocolError, peer.Closed);
        Assert.Equal(0, _fetch.Progress.Received);
    }

    [Fact]
    public void A_piece_of_the_wrong_length_ends_a_connection()
    {
        FakeSource peer = Join(_info.Length);
        peer.Send(0, new byte[5], _info.Length);
        Assert.Equal(DisconnectReason.ProtocolError, peer.Closed);
    }

    [Fact]
    public void A_hundred_liars_with_lengths_of_their_own_do_not_keep_the_truth_away()
    {
        for (int i = 0; i < 100; i++)
            Join(MaxSize - i);
        FakeSource honest = Join(_info.Length);
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
    }

    [Fact]
    public void Liars_that_send_on_and_on_are_let_go_before_much_is_kept_of_them()
    {
        FakeSource[] liars = [.. Enumerable.Range(1, 10).Select(i => Join(MaxSize - i))];
        for (int i = 0; i < 60; i++)
        {
            foreach (FakeSource liar in liars)
                liar.AnswerOne(new byte[MaxSize]);
        }

        Assert.Contains(liars, liar => liar.Closed == DisconnectReason.Useless);
        Assert.True(liars.Where(liar => liar.Closed is null).Sum(liar => liar.Peer.Received) <= 2 * MaxSize);
        Join(_info.Length).Answer(_info);
        Assert.Equal(_info, _fetch.Result);
    }

    private static byte[] Content(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private FakeSource Join(int size)
    {
        var source = new FakeSource(this, new IPEndPoint(new IPAddress([10, 0, 0, _address++]), 6881));
        _fetch.Join(source.Peer);
        source.Tell(size);
        return source;
    }

    private void Pass(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        _fetch.OnTick(_now);
    }

    private sealed class FakeSource : IMetadataLink
    {
        private readonly MetadataFetchTests _test;
        private readonly Queue<int> _open = new();

        public FakeSource(MetadataFetchTests test, IPEndPoint endPoint)
        {
            _test = test;
            EndPoint = endPoint;
            Peer = new MetadataPeer(this, new Handshake(PeerFeatures.ExtensionProtocol, default, default));
        }

        public MetadataPeer Peer { get; }

        public List<int> Asked { get; } = [];

        public DisconnectReason? Closed { get; private set; }

        public IPEndPoint EndPoint { get; }

        public void Send(byte extendedId, ReadOnlySpan<byte> payload)
        {
            Assert.Equal(7, extendedId);
            MetadataMessage message = MetadataMessage.Parse(payload.ToArray());
            Assert.Equal(MetadataMessageType.Request, message.Type);
            Asked.Add(message.Piece);
            _open.Enqueue(message.Piece);
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

        public void Close(DisconnectReason reason) => Closed ??= reason;

        public void Tell(int size) => _test._fetch.OnHandshake(
            Peer,
            new ExtensionHandshake { Messages = new Dictionary<string, byte> { [MetadataMessage.ExtensionName] = 7 }, MetadataSize = size },
            _test._now);

        public void AnswerOne(byte[] info)
        {
            if (Closed is null && _open.TryDequeue(out int piece))
                Send(piece, info.AsMemory(piece * MetadataMessage.PieceLength, MetadataMessage.LengthOf(piece, Peer.Size!.Value)), Peer.Size.Value);
        }

        public void Answer(byte[] info)
        {
            while (Closed is null && _open.Count > 0 && _test._fetch.Result is null)
                AnswerOne(info);
        }

        public void Reject() => _test._fetch.OnMessage(
            Peer, new MetadataMessage { Type = MetadataMessageType.Reject, Piece = _open.Dequeue() }, _test._now);

        public void Send(int piece, ReadOnlyMemory<byte> data, int size) => _test._fetch.OnMessage(
            Peer, new MetadataMessage { Type = MetadataMessageType.Data, Piece = piece, TotalSize = size, Data = data }, _test._now);
    }
}
