using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Tests.Trackers;

public sealed class UdpTrackerClientTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly FakeUdpTracker _tracker = new();
    private readonly UdpTrackerClient _client;

    public UdpTrackerClientTests() => _client = new UdpTrackerClient(new TrackerClientOptions { Time = _time });

    public void Dispose() => _tracker.Dispose();

    [Fact]
    public async Task A_connect_request_and_an_announce_return_peers()
    {
        var asking = Announce();
        var connect = await _tracker.GrantAsync(77);
        Assert.Equal(16, connect.Data.Length);
        var announce = await _tracker.AnswerAsync(77, 1800, 127, 0, 0, 1, 0x1a, 0xe1);
        var response = await asking;
        Assert.Equal("127.0.0.1:6881", Assert.Single(response.Peers).ToString());
        Assert.Equal((TimeSpan.FromMinutes(30), 4, 3), (response.Interval, response.Complete, response.Incomplete));
        Assert.Equal(Samples.Hash, new InfoHash(announce.Data.AsSpan(16, 20)));
        Assert.Equal("\u0002\u0009/announce"u8, announce.Data.AsSpan(98));
        Assert.NotEqual(connect.Transaction, announce.Transaction);
    }

    [Fact]
    public async Task A_packet_without_response_is_resent_after_15_and_30_seconds_and_then_fails()
    {
        var asking = Announce();
        var first = await _tracker.NextAsync();
        await _time.TimerInAsync(TimeSpan.FromSeconds(15));
        _time.Advance(TimeSpan.FromSeconds(15));
        var second = await _tracker.NextAsync();
        Assert.Equal(first.Data, second.Data);
        await _time.TimerInAsync(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(first.Data, (await _tracker.NextAsync()).Data);
        await _time.TimerInAsync(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(TrackerErrorKind.Timeout, (await Assert.ThrowsAsync<TrackerException>(() => asking)).Kind);
        Assert.True(_tracker.IsQuiet);
    }

    [Fact]
    public async Task An_announce_without_response_is_resent_with_the_same_connection_id()
    {
        var asking = Announce();
        await _tracker.GrantAsync(77);
        var first = await _tracker.NextAsync();
        await _time.TimerInAsync(TimeSpan.FromSeconds(15));
        _time.Advance(TimeSpan.FromSeconds(15));
        var second = await _tracker.AnswerAsync(77, 60);
        Assert.Equal(first.Data, second.Data);
        Assert.Equal(TimeSpan.FromSeconds(60), (await asking).Interval);
    }

    [Fact]
    public async Task A_connection_id_is_used_for_a_minute_and_then_requested_again()
    {
        var asking = Announce();
        await _tracker.GrantAsync(1);
        await _tracker.AnswerAsync(1, 60);
        await asking;

        _time.Advance(TimeSpan.FromSeconds(59));
        asking = Announce();
        await _tracker.AnswerAsync(1, 60);
        await asking;

        _time.Advance(TimeSpan.FromSeconds(1));
        asking = Announce();
        await _tracker.GrantAsync(2);
        await _tracker.AnswerAsync(2, 60);
        await asking;
    }

    [Fact]
    public async Task A_cached_connection_id_that_the_tracker_refuses_is_replaced()
    {
        var asking = Announce();
        await _tracker.GrantAsync(1);
        await _tracker.AnswerAsync(1, 60);
        await asking;

        asking = Announce();
        var stale = await _tracker.NextAsync();
        _tracker.Send(stale.From, [.. FakeUdpTracker.Numbers(3, stale.Transaction), .. "bad connection id"u8]);
        await _tracker.GrantAsync(2);
        await _tracker.AnswerAsync(2, 60);
        await asking;
    }

    [Fact]
    public async Task A_refusal_is_reported_with_its_reason()
    {
        var asking = Announce();
        await _tracker.GrantAsync(1);
        var announce = await _tracker.NextAsync();
        _tracker.Send(announce.From, [.. FakeUdpTracker.Numbers(3, announce.Transaction), .. "unregistered"u8]);
        var failure = await Assert.ThrowsAsync<TrackerException>(() => asking);
        Assert.Equal((TrackerErrorKind.Refused, "unregistered"), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task Packets_of_other_senders_and_of_other_transactions_are_ignored()
    {
        using var stranger = new FakeUdpTracker();
        var asking = Announce();
        await _tracker.GrantAsync(1);
        var announce = await _tracker.NextAsync();
        stranger.Send(announce.From, FakeUdpTracker.Numbers(1, announce.Transaction, 111, 0, 0));
        _tracker.Send(announce.From, FakeUdpTracker.Numbers(1, announce.Transaction + 1, 222, 0, 0));
        _tracker.Send(announce.From, [1, 2, 3]);
        _tracker.Send(announce.From, []);
        _tracker.Send(announce.From, FakeUdpTracker.Numbers(1, announce.Transaction, 333, 0, 0));
        Assert.Equal(TimeSpan.FromSeconds(333), (await asking).Interval);
    }

    [Fact]
    public async Task A_response_that_is_too_short_is_malformed()
    {
        var asking = Announce();
        await _tracker.GrantAsync(1);
        var announce = await _tracker.NextAsync();
        _tracker.Send(announce.From, FakeUdpTracker.Numbers(1, announce.Transaction, 60));
        Assert.Equal(TrackerErrorKind.Malformed, (await Assert.ThrowsAsync<TrackerException>(() => asking)).Kind);
    }

    [Fact]
    public async Task A_closed_port_is_unreachable_at_once()
    {
        Uri url = _tracker.Url;
        _tracker.Dispose();
        var failure = await Assert.ThrowsAsync<TrackerException>(
            () => _client.AnnounceAsync(url, Samples.Request, CancellationToken.None).WaitAsync(
                TimeSpan.FromSeconds(20)));
        Assert.Equal(TrackerErrorKind.Unreachable, failure.Kind);
    }

    [Fact]
    public async Task A_request_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        Task asking = _client.AnnounceAsync(_tracker.Url, Samples.Request, cancellation.Token);
        await _tracker.NextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task A_scrape_of_many_torrents_is_split_into_packets()
    {
        InfoHash[] torrents = [.. Enumerable.Range(0, 80).Select(i => new InfoHash([(byte)i, .. new byte[19]]))];
        var asking = _client.ScrapeAsync(_tracker.Url, torrents, CancellationToken.None);
        await _tracker.GrantAsync(1);
        foreach (int count in new[] { 74, 6 })
        {
            var scrape = await _tracker.NextAsync();
            Assert.Equal((2, 16 + (20 * count)), (scrape.Action, scrape.Data.Length));
            int[] counts = [.. Enumerable.Range(0, count).SelectMany(i => new[] { count, 2, i })];
            _tracker.Send(scrape.From, FakeUdpTracker.Numbers([2, scrape.Transaction, .. counts]));
        }

        var answer = (await asking).Torrents;
        Assert.Equal(80, answer.Count);
        Assert.Equal(new ScrapeCounts(Complete: 6, Incomplete: 5, Downloaded: 2), answer[torrents[79]]);
    }

    [Fact]
    public async Task A_host_without_an_address_is_not_found()
    {
        var lost = new UdpTrackerClient(new TrackerClientOptions
        {
            Resolve = (_, _) => throw new SocketException((int)SocketError.HostNotFound),
        });
        var failure = await Assert.ThrowsAsync<TrackerException>(
            () => lost.AnnounceAsync(new Uri("udp://tracker.example:80"), Samples.Request, CancellationToken.None));
        Assert.Equal(TrackerErrorKind.HostNotFound, failure.Kind);
    }

    [SkippableFact]
    public async Task A_tracker_with_addresses_of_both_families_is_asked_over_both()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using FakeUdpTracker six = new(IPAddress.IPv6Loopback, _tracker.Port);
        var asking = BothFamilies().AnnounceAsync(
            new Uri($"udp://tracker.example:{_tracker.Port}"), Samples.Request, CancellationToken.None);
        await _tracker.GrantAsync(4);
        await _tracker.AnswerAsync(4, 60, 127, 0, 0, 1, 0, 4);
        await six.GrantAsync(6);
        await six.AnswerAsync(6, 60, [.. IPAddress.IPv6Loopback.GetAddressBytes(), 0, 6]);
        Assert.Equal(["127.0.0.1:4", "[::1]:6"], (await asking).Peers.Select(p => p.ToString()).Order());
    }

    [SkippableFact]
    public async Task An_address_family_without_response_delays_the_result_by_a_second()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using FakeUdpTracker silent = new(IPAddress.IPv6Loopback, _tracker.Port);
        var asking = BothFamilies().AnnounceAsync(
            new Uri($"udp://tracker.example:{_tracker.Port}"), Samples.Request, CancellationToken.None);
        await _tracker.GrantAsync(4);
        await _tracker.AnswerAsync(4, 60, 127, 0, 0, 1, 0, 4);
        await silent.NextAsync();
        await _time.TimerInAsync(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single((await asking.WaitAsync(TimeSpan.FromSeconds(20))).Peers);
    }

    private UdpTrackerClient BothFamilies() => new(new TrackerClientOptions
    {
        Time = _time,
        Resolve = (_, _) => Task.FromResult(
            new[] { IPAddress.IPv6Loopback, IPAddress.Loopback, IPAddress.Parse("127.0.0.9") }),
    });

    private Task<AnnounceResponse> Announce() =>
        _client.AnnounceAsync(_tracker.Url, Samples.Request, CancellationToken.None).WaitAsync(
            TimeSpan.FromSeconds(20));
}
