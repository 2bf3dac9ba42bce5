using System.Net;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>The limits, expiry and format of a peer cache entry.</summary>
public sealed class PeerCacheEntryTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void The_latest_hundred_peers_are_kept_with_their_latest_record()
    {
        PeerCacheEntry entry = PeerCacheEntry.Empty;
        for (int i = 0; i < 150; i++)
            entry = entry.With(new PeerCacheEntry { Peers = [Peer(i, Now.AddMinutes(i))] }, Now.AddHours(3));
        entry = entry.With(
            new PeerCacheEntry { Peers = [Peer(149, Now.AddHours(3)) with { Rate = 77 }] }, Now.AddHours(3));

        Assert.Equal(PeerCacheEntry.MaxPeers, entry.Peers.Count);
        Assert.Equal(77, entry.Peers[0].Rate);
        Assert.Equal(Enumerable.Range(50, 100).Reverse().Select(i => Peer(i, Now).EndPoint), entry.Peers.Select(
            peer => peer.EndPoint));
    }

    [Fact]
    public void Peers_older_than_a_week_or_from_the_future_are_dropped()
    {
        CachedPeer[] peers = [Peer(1, Now), Peer(2, Now.AddDays(-6)), Peer(3, Now.AddDays(-8)), Peer(
            4, Now.AddDays(400))];

        Assert.Equal(
            [peers[0].EndPoint, peers[1].EndPoint], PeerCacheEntry.Latest(peers, Now).Select(peer => peer.EndPoint));
    }

    [Fact]
    public void A_trackers_URL_is_not_stored_but_matches_its_key()
    {
        string key = CachedAnswer.KeyOf(new Uri("http://tracker.example/secret/announce"));

        Assert.DoesNotContain("secret", key);
        Assert.Equal(key, CachedAnswer.KeyOf(new Uri("http://tracker.example/secret/announce")));
        Assert.NotEqual(key, CachedAnswer.KeyOf(new Uri("http://tracker.example/other/announce")));
    }

    [Fact]
    public void A_written_entry_reads_back_equal() =>
        Prop.ForAll<uint[], ushort>((hosts, port) =>
        {
            PeerCacheEntry entry = Sample(hosts, port);
            PeerCacheEntry read = PeerCacheEntryFormat.Read(PeerCacheEntryFormat.Write(entry));
            CachedAnswer wrote = entry.Answers[0], got = read.Answers[0];
            return read.Peers.SequenceEqual(entry.Peers)
                && got.Peers.SequenceEqual(wrote.Peers)
                && got with { Peers = wrote.Peers } == wrote;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_entry_at_its_limits_is_within_the_length_limit()
    {
        IPEndPoint[] peers = [.. Enumerable.Range(1, 100).Select(
            i => new IPEndPoint(IPAddress.Parse($"2001:db8::{i:x}"), 6881))];
        var entry = new PeerCacheEntry
        {
            Peers = [.. peers.Select(peer => new CachedPeer(peer, Now, long.MaxValue))],
            Answers = [.. Enumerable.Range(0, 8).Select(
                i => new CachedAnswer(CachedAnswer.KeyOf(new Uri($"http://{i}/")), 65535, Now, Now, peers))],
        };

        byte[] bytes = PeerCacheEntryFormat.Write(entry);

        Assert.InRange(bytes.Length, 1000, PeerCacheEntryFormat.MaxLength);
        Assert.Equal(100, PeerCacheEntryFormat.Read(bytes).Peers.Count);
        Assert.Equal(8, PeerCacheEntryFormat.Read(bytes).Answers.Count);
    }

    [Fact]
    public void A_damaged_entry_is_read_within_the_limits() =>
        Prop.ForAll<int, byte[]>((seed, noise) =>
        {
            byte[] bytes = PeerCacheEntryFormat.Write(Sample([1, 2, 3, 4], 6881));
            var random = new Random(seed);
            for (int i = 0; i < 3; i++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            PeerCacheEntry damaged = PeerCacheEntryFormat.Read(bytes);
            PeerCacheEntry nothing = PeerCacheEntryFormat.Read(noise ?? []);
            return damaged.Peers.Count <= PeerCacheEntry.MaxPeers && damaged.Answers.Count <= PeerCacheEntry.MaxAnswers
                && damaged.Peers.All(peer => peer.EndPoint.Port > 0 && peer.Rate >= 0) && nothing.IsEmpty;
        }).QuickCheckThrowOnFailure();

    private static PeerCacheEntry Sample(uint[] hosts, ushort port) => new()
    {
        Peers = [.. hosts.Take(100).Select((_, i) => Peer(i, Now.AddSeconds(-i)))],
        Answers =
        [
            new CachedAnswer(
                "abc",
                port,
                Now,
                Now.AddMinutes(1),
                [new IPEndPoint(0x01020304, 6881), new IPEndPoint(IPAddress.Parse("2001:db8::1"), 1)]),
        ],
    };

    private static CachedPeer Peer(int number, DateTimeOffset lastGood) =>
        new(new IPEndPoint(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 6881), lastGood, number);
}
