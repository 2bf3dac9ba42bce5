using System.Net;
using System.Security.Cryptography;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Metadata;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Metadata;

/// <summary>
/// Which pieces of the info dictionary are requested of which peer, and which peers are excluded (BEP 9).
/// </summary>
public sealed class MetadataFetchTests
{
    private const int MaxSize = 1 << 20;

    private readonly byte[] _info = Content(10 * MetadataMessage.PieceLength - 100);
    private readonly MetadataFetch _fetch;
    private TimeSpan _now;
    private readonly List<FakeSource> _all = [];
    private byte _address = 1;

    public MetadataFetchTests() =>
        _fetch = new MetadataFetch(new InfoHash(SHA1.HashData(_info)), new InfoHashV2(SHA256.HashData(_info)), MaxSize);

    [Fact]
    public void A_peer_that_announces_a_size_gets_four_requests_and_more_as_it_answers()
    {
        FakeSource peer = Join(_info.Length);
        Assert.Equal([0, 1, 2, 3], peer.Asked);
        peer.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Equal((_info.Length, _info.Length), _fetch.Progress);
    }

    [Fact]
    public void Peers_that_announce_the_same_size_share_one_assembly()
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
        Assert.All(peers, peer => Assert.True(peer.Source.Received > 0));
    }

    [Fact]
    public void The_only_sender_of_wrong_pieces_is_excluded_and_the_next_peer_is_used()
    {
        FakeSource liar = Join(_info.Length);
        liar.Answer(Content(_info.Length, seed: 2));
        Assert.Null(_fetch.Result);
        Assert.Equal(SourceFault.WrongData, liar.Fault);
        FakeSource honest = Join(_info.Length);
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Equal([liar.Source.Origin], _fetch.WrongSenders);
    }

    [Fact]
    public void Of_two_senders_of_a_wrong_assembly_only_the_guilty_one_is_found()
    {
        FakeSource honest = Join(_info.Length);
        FakeSource liar = Join(_info.Length);
        byte[] wrong = Content(_info.Length, seed: 2);
        for (int i = 0; i < 10 && _fetch.Result is null && liar.Fault is null; i++)
        {
            honest.AnswerOne(_info);
            liar.AnswerOne(wrong);
        }

        // Each has an assembly of its own by now.
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Equal([liar.Source.Origin], _fetch.WrongSenders);
        Assert.Null(honest.Fault);
    }

    [Fact]
    public void A_wrong_size_does_not_affect_other_peers()
    {
        FakeSource liar = Join(_info.Length + 5000);
        FakeSource honest = Join(_info.Length);
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
        Assert.Null(liar.Fault);
    }

    [Theory]
    [InlineData(MaxSize + 1)]
    [InlineData(int.MaxValue)]
    public void A_peer_that_announces_a_size_over_the_limit_is_not_asked(int size) => Assert.Empty(Join(size).Asked);

    [Fact]
    public void A_peer_that_changes_its_announced_size_is_excluded()
    {
        FakeSource peer = Join(_info.Length);
        peer.Announce(_info.Length + 1);
        Assert.Equal(SourceFault.ProtocolError, peer.Fault);
    }

    [Fact]
    public void A_peer_that_times_out_loses_its_requests_to_others_and_is_excluded_the_third_time()
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
        Assert.Equal(SourceFault.ServesNothing, silent.Fault);
        Assert.Null(slow.Fault);
    }

    [Fact]
    public void A_peer_that_rejects_a_request_is_asked_again_after_five_seconds()
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
    public void A_peer_that_sends_unsolicited_data_is_excluded()
    {
        FakeSource peer = Join(_info.Length);
        for (int i = 0; i < 100 && peer.Fault is null; i++)
            peer.Send(9, new byte[MetadataMessage.LengthOf(9, _info.Length)], _info.Length);
        Assert.Equal(SourceFault.ProtocolError, peer.Fault);
        Assert.Equal(0, _fetch.Progress.Received);
    }

    [Fact]
    public void A_peer_that_sends_a_piece_of_the_wrong_length_is_excluded()
    {
        FakeSource peer = Join(_info.Length);
        peer.Send(0, new byte[5], _info.Length);
        Assert.Equal(SourceFault.ProtocolError, peer.Fault);
    }

    [Fact]
    public void A_hundred_peers_with_wrong_sizes_do_not_prevent_the_download()
    {
        for (int i = 0; i < 100; i++)
            Join(MaxSize - i);
        FakeSource honest = Join(_info.Length);
        honest.Answer(_info);
        Assert.Equal(_info, _fetch.Result);
    }

    [Fact]
    public void Peers_with_wrong_sizes_are_excluded_before_their_pieces_exceed_the_memory_limit()
    {
        FakeSource[] liars = [.. Enumerable.Range(1, 10).Select(i => Join(MaxSize - i))];
        for (int i = 0; i < 60; i++)
        {
            foreach (FakeSource liar in liars)
                liar.AnswerOne(new byte[MaxSize]);
        }

        Assert.Contains(liars, liar => liar.Fault == SourceFault.SizeTooLarge);
        Assert.True(liars.Where(liar => liar.Fault is null).Sum(liar => liar.Source.Received) <= 2 * MaxSize);
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
        _all.Add(source);
        source.Announce(size);
        return source;
    }

    private void Pass(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        _fetch.OnTick(_now);
        Request();
    }

    /// <summary>Requests pieces of all peers in the order they joined, as the handler does after each event.</summary>
    private void Request() => _all.ForEach(source => source.Request());

    private sealed class FakeSource(MetadataFetchTests test, IPEndPoint endPoint)
    {
        private readonly Queue<int> _open = new();

        public MetadataSource Source { get; } = new(new PeerOrigin(endPoint));

        public List<int> Asked { get; } = [];

        public SourceFault? Fault => Source.Fault;

        public void Announce(int size)
        {
            test._fetch.OnSize(Source, size);
            test.Request();
        }

        public void Request()
        {
            while (test._fetch.TryRequest(Source, test._now) is { } piece)
            {
                Asked.Add(piece);
                _open.Enqueue(piece);
            }
        }

        public void AnswerOne(byte[] info)
        {
            if (Fault is null && _open.TryDequeue(out int piece))
                Send(piece, info.AsMemory(piece * MetadataMessage.PieceLength, MetadataMessage.LengthOf(
                    piece, Source.Size!.Value)), Source.Size.Value);
        }

        public void Answer(byte[] info)
        {
            while (Fault is null && _open.Count > 0 && test._fetch.Result is null)
                AnswerOne(info);
        }

        public void Reject()
        {
            test._fetch.OnReject(Source, _open.Dequeue(), test._now);
            test.Request();
        }

        public void Send(int piece, ReadOnlyMemory<byte> data, int size)
        {
            test._fetch.OnData(Source, piece, data, size, test._now);
            test.Request();
        }
    }
}
