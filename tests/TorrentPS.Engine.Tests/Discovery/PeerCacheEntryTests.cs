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
    public void A_written_entry_reads_back_equal() =>
        Prop.ForAll<uint[]>(hosts =>
        {
            PeerCacheEntry entry = Sample(hosts);
            PeerCacheEntry read = PeerCacheEntryFormat.Read(PeerCacheEntryFormat.Write(entry));
            return read.Peers.SequenceEqual(entry.Peers);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Tracker_responses_in_files_of_earlier_versions_are_ignored()
    {
        byte[] file = [.. "d7:answersld1:k3:abc1:ni1800000060e1:p6:123456"u8, .. "2:p60:4:porti6881e1:ti1800000000eee"u8,
            .. "5:peersld1:a6:"u8, 10, 0, 0, 1, 0x1A, 0xE1, .. "1:ri7e1:ti1800000000eeee"u8];

        CachedPeer peer = Assert.Single(PeerCacheEntryFormat.Read(file).Peers);

        Assert.Equal(("10.0.0.1:6881", 7L, Now), (peer.EndPoint.ToString(), peer.Rate, peer.LastSeen));
    }

    [Fact]
    public void An_entry_at_its_limits_is_within_the_length_limit()
    {
        IPEndPoint[] peers = [.. Enumerable.Range(1, 100).Select(
            i => new IPEndPoint(IPAddress.Parse($"2001:db8::{i:x}"), 6881))];
        var entry = new PeerCacheEntry
        {
            Peers = [.. peers.Select(peer => new CachedPeer(peer, Now, long.MaxValue))],
        };

        byte[] bytes = PeerCacheEntryFormat.Write(entry);

        Assert.InRange(bytes.Length, 1000, PeerCacheEntryFormat.MaxLength);
        Assert.Equal(100, PeerCacheEntryFormat.Read(bytes).Peers.Count);
    }

    [Fact]
    public void A_damaged_entry_is_read_within_the_limits() =>
        Prop.ForAll<int, byte[]>((seed, noise) =>
        {
            byte[] bytes = PeerCacheEntryFormat.Write(Sample([1, 2, 3, 4]));
            var random = new Random(seed);
            for (int i = 0; i < 3; i++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            PeerCacheEntry damaged = PeerCacheEntryFormat.Read(bytes);
            PeerCacheEntry nothing = PeerCacheEntryFormat.Read(noise ?? []);
            return damaged.Peers.Count <= PeerCacheEntry.MaxPeers
                && damaged.Peers.All(peer => peer.EndPoint.Port > 0 && peer.Rate >= 0) && nothing.IsEmpty;
        }).QuickCheckThrowOnFailure();

    private static PeerCacheEntry Sample(uint[] hosts) => new()
    {
        Peers = [.. hosts.Take(100).Select((_, i) => Peer(i, Now.AddSeconds(-i)))],
    };

    private static CachedPeer Peer(int number, DateTimeOffset lastGood) =>
        new(new IPEndPoint(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 6881), lastGood, number);
}
