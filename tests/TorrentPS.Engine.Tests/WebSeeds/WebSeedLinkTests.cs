using System.Net;
using System.Text;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>A web seed as a source of blocks: requests go in; blocks, rejects and chokes come out.</summary>
public sealed class WebSeedLinkTests
{
    private const int Piece = WebContent.PieceLength;

    private static readonly WebSeedException s_failure = new(WebSeedError.BadAnswer, "");

    [Fact]
    public async Task Consecutive_blocks_are_fetched_with_one_request_over_one_connection()
    {
        await using WebSeedHarness harness = await OpenAsync(10 * Piece);
        harness.Ask(harness.Blocks(2, 3, 4));
        await harness.ExpectAsync(harness.Blocks(2, 3, 4));
        harness.Ask(harness.Blocks(7, 0));
        await harness.ExpectAsync(harness.Blocks(7, 0));
        Assert.Equal(
            [(2L * Piece, (5L * Piece) - 1), (7L * Piece, (8L * Piece) - 1), (0L, Piece - 1L)],
            harness.Server.Requests.Select(request => request.Range!.Value));
        Assert.Equal(1, harness.Server.Connections);
        Assert.Contains("User-Agent: TorrentPS/0.1.0", harness.Server.Requests.First().Headers);
        Assert.Equal(harness.Server.Port, harness.Link.EndPoint.Port);
        Assert.Equal(IPAddress.Loopback, harness.Link.EndPoint.Address);
        Assert.Equal(5 * Piece, harness.Link.Traffic.Received);
    }

    [Fact]
    public async Task A_range_across_files_takes_one_request_per_file()
    {
        await using WebSeedHarness harness = await OpenFilesAsync(("a", 100_000), ("b", 7), ("c", 50_000));
        harness.Ask(harness.Blocks(0, 1, 2));
        await harness.ExpectAsync(harness.Blocks(0, 1, 2));
        Assert.Equal(
            ["/content/a", "/content/b", "/content/c"], harness.Server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task A_block_cancelled_before_its_range_begins_is_not_fetched()
    {
        await using WebSeedHarness harness = await OpenAsync(10 * Piece);
        var hold = new TaskCompletionSource();
        harness.Server.Answer = request => harness.Server.Serve(request) with { Before = hold.Task };
        harness.Ask(harness.Blocks(0));
        await harness.Server.AskedAsync(1);
        harness.Ask(harness.Blocks(5, 8));
        foreach (BlockAddress block in harness.Blocks(5))
            harness.Link.Cancel(block);
        hold.SetResult();
        await harness.ExpectAsync(harness.Blocks(0, 8));
        Assert.Equal(2, harness.Server.Requests.Count);
    }

    [Fact]
    public async Task A_range_whose_blocks_are_all_cancelled_does_not_delay_the_next()
    {
        await using WebSeedHarness harness = await OpenAsync(100 * Piece);
        var hold = new TaskCompletionSource();
        harness.Server.Answer = request => harness.Server.Serve(request) with
        {
            Between = request.Range!.Value.First == 0 ? hold.Task : Task.CompletedTask,
        };
        BlockAddress[] run = harness.Blocks([.. Enumerable.Range(0, 40)]);
        harness.Ask(run);
        MessageBatch first = await harness.TakeAsync();
        foreach (BlockAddress block in run)
            harness.Link.Cancel(block);
        harness.Ask(harness.Blocks(99));
        harness.Handle(first);
        hold.SetResult();
        List<string> received = await harness.ReceiveUntilAsync($"{harness.Blocks(99)[^1]}");
        Assert.DoesNotContain($"{run[^1]}", received);
        Assert.True(harness.Link.Traffic.Received < 40 * Piece);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_after_its_retry_after_time()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        harness.Server.Answer = _ => new WebAnswer("503 Service Unavailable", default) { Headers = "Retry-After: 120\r\n" };
        harness.Ask(harness.Blocks(1));
        Assert.Equal(["Choke", .. harness.Blocks(1).Select(block => $"Reject {block}")], await HearBatchAsync(harness));
        await harness.Time.TimerInAsync(TimeSpan.FromSeconds(120));
        Assert.False(harness.Link.IsHeldBack);

        harness.Server.Answer = harness.Server.Serve;
        harness.Time.Advance(TimeSpan.FromSeconds(120));
        Assert.Equal(["Unchoke"], await HearBatchAsync(harness));
        harness.Ask(harness.Blocks(1));
        await harness.ExpectAsync(harness.Blocks(1));
    }

    [Fact]
    public async Task A_server_that_always_fails_is_given_up_after_growing_waits()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        harness.Server.Answer = _ => new WebAnswer("500 Internal Server Error", default);
        WebSeedBackoff pauses = WebSeedHarness.NewBackoff();
        for (int failure = 1; failure < WebSeedBackoff.MaxFailures; failure++)
        {
            harness.Ask(harness.Blocks(0));
            await harness.ReceiveUntilAsync("Choke");
            await PassAsync(harness, pauses.OnFailure(s_failure));
            await harness.ReceiveUntilAsync("Unchoke");
        }

        harness.Ask(harness.Blocks(0));
        (DisconnectReason reason, string? detail) = await harness.Closed;
        Assert.Equal(DisconnectReason.Unusable, reason);
        Assert.Contains("500", detail, StringComparison.Ordinal);
        Assert.Equal(WebSeedBackoff.MaxFailures, harness.Server.Requests.Count);
    }

    [Fact]
    public async Task A_missing_file_removes_only_its_pieces()
    {
        await using WebSeedHarness harness = await OpenFilesAsync(("a", 2 * Piece), ("b", 2 * Piece), ("c", 4 * Piece));
        harness.Server.Files.TryRemove("/content/b", out _);
        harness.Ask(harness.Blocks(2, 5));
        List<string> received = await harness.ReceiveUntilAsync("Unchoke");
        Assert.Equal("Choke", received[0]);
        Assert.Equal(harness.Blocks(2, 5).Select(block => $"Reject {block}"), received[1..^2]);
        Assert.Equal("Bitfield CF", received[^2]);
        harness.Ask(harness.Blocks(4));
        await harness.ExpectAsync(harness.Blocks(4));
    }

    [Fact]
    public async Task A_file_of_another_length_counts_as_missing()
    {
        await using WebSeedHarness harness = await OpenFilesAsync(("a", 2 * Piece), ("b", 2 * Piece));
        harness.Server.Files["/content/a"] = new byte[3 * Piece];
        harness.Ask(harness.Blocks(0));
        Assert.Contains("Bitfield 30", await harness.ReceiveUntilAsync("Unchoke"));
    }

    [Fact]
    public async Task A_server_without_any_of_the_files_is_tried_again_later()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        byte[] file = harness.Server.Files["/file.bin"];
        harness.Server.Files.Clear();
        harness.Ask(harness.Blocks(0));
        await harness.ReceiveUntilAsync("Choke");
        harness.Server.Files["/file.bin"] = file;
        await PassAsync(harness, WebSeedHarness.NewBackoff().OnFailure(s_failure));
        Assert.Equal(["Bitfield F0", "Unchoke"], await HearBatchAsync(harness));
        harness.Ask(harness.Blocks(0));
        await harness.ExpectAsync(harness.Blocks(0));
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(0)]
    public async Task The_blocks_of_a_truncated_response_are_kept_and_the_rest_rejected(int sent)
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        harness.Server.Answer = request =>
        {
            WebAnswer whole = harness.Server.Serve(request);
            return whole with { Body = whole.Body[..sent], Length = whole.Body.Length };
        };
        harness.Ask(harness.Blocks(0));
        List<string> received = await harness.ReceiveUntilAsync($"Reject {harness.Blocks(0)[^1]}");
        int kept = sent / TorrentGeometry.BlockLength;
        Assert.Equal(
            [
                .. harness.Blocks(0)[..kept].Select(block => $"{block}"),
                "Choke",
                .. harness.Blocks(0)[kept..].Select(block => $"Reject {block}"),
            ],
            received);
    }

    [Fact]
    public async Task A_response_longer_than_the_range_is_a_failure()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        harness.Server.Answer = request =>
        {
            WebAnswer whole = harness.Server.Serve(request);
            return whole with { Body = (byte[])[.. whole.Body.Span, 1], Length = -1 };
        };
        harness.Ask(harness.Blocks(0));
        Assert.Contains("Choke", await harness.ReceiveUntilAsync("Choke"));
    }

    [Theory]
    [InlineData("206 Partial Content", "Content-Range: bytes 1-65536/262144\r\n")]
    [InlineData("206 Partial Content", "Content-Range: bytes 0-65534/262144\r\n")]
    [InlineData("206 Partial Content", "")]
    [InlineData("206 Partial Content", "Content-Range: items 0-65535/262144\r\n")]
    [InlineData("206 Partial Content", "Content-Range: bytes 0-65535/262144\r\nContent-Encoding: gzip\r\n")]
    [InlineData("204 No Content", "")]
    [InlineData("302 Found", "")]
    public async Task A_response_that_is_not_the_range_is_a_failure(string status, string headers)
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        byte[]? body = status[0] == '2' && status[2] != '4' ? new byte[Piece] : null;
        harness.Server.Answer = _ => new WebAnswer(status, body) { Headers = headers };
        harness.Ask(harness.Blocks(0));
        Assert.Equal(["Choke", .. harness.Blocks(0).Select(block => $"Reject {block}")], await HearBatchAsync(harness));
    }

    [Fact]
    public async Task A_server_without_range_support_is_read_from_the_start_of_the_file()
    {
        await using WebSeedHarness harness = await OpenAsync(64 * Piece);
        harness.Server.Answer = request => harness.Server.Serve(request with { Range = null });
        harness.Ask(harness.Blocks(0, 1));
        await harness.ExpectAsync(harness.Blocks(0, 1));
        harness.Ask(harness.Blocks(2, 10));
        await harness.ExpectAsync(harness.Blocks(2, 10));
        Assert.Single(harness.Server.Requests);

        harness.Ask(harness.Blocks(60));
        (DisconnectReason reason, string? detail) = await harness.Closed;
        Assert.Equal(DisconnectReason.Unusable, reason);
        Assert.Contains("does not support range requests", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_are_followed_and_later_requests_go_to_the_target()
    {
        await using WebSeedHarness harness = await OpenAsync(10 * Piece);
        byte[] file = harness.Server.Files["/file.bin"];
        harness.Server.Files["/mirror/1"] = file;
        harness.Server.Answer = request => request.Path switch
        {
            "/file.bin" => Moved("/there"),
            "/there" => Moved(harness.Server.Url("/mirror/1")),
            _ => harness.Server.Serve(request),
        };
        harness.Ask(harness.Blocks(1));
        await harness.ExpectAsync(harness.Blocks(1));
        harness.Ask(harness.Blocks(5));
        await harness.ExpectAsync(harness.Blocks(5));
        Assert.Equal(
            ["/file.bin", "/there", "/mirror/1", "/mirror/1"], harness.Server.Requests.Select(request => request.Path));

        // The mirror stops. The server's new redirect target is used.
        harness.Server.Files["/mirror/2"] = file;
        harness.Server.Answer = request => request.Path switch
        {
            "/file.bin" => Moved("/mirror/2"),
            "/mirror/1" => new WebAnswer("403 Forbidden", default),
            _ => harness.Server.Serve(request),
        };
        harness.Ask(harness.Blocks(7));
        await harness.ExpectAsync(harness.Blocks(7));
    }

    [Theory]
    [InlineData("/file.bin", HttpFetcher.MaxRedirects + 1)]
    [InlineData("ftp://127.0.0.1/file.bin", 1)]
    [InlineData("file:///etc/passwd", 1)]
    [InlineData("/file.bin?delete=1", 1)]
    public async Task Redirects_are_limited_in_number_and_to_http_schemes(string target, int requests)
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        harness.Server.Answer = _ => Moved(target);
        harness.Ask(harness.Blocks(0));
        await harness.ReceiveUntilAsync("Choke");
        Assert.Equal(requests, harness.Server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_sends_nothing_fails_after_the_read_timeout()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        var never = new TaskCompletionSource();
        harness.Server.Answer = request => harness.Server.Serve(request) with { Between = never.Task };
        harness.Ask(harness.Blocks(0));
        await harness.ExpectAsync(harness.Blocks(0)[..2]);
        Assert.False(harness.Link.IsHeldBack);
        await harness.Time.TimerInAsync(RangeClient.ReadTimeout);
        harness.Time.Advance(RangeClient.ReadTimeout);
        Assert.Contains("Choke", await harness.ReceiveUntilAsync("Choke"));
        never.SetResult();
    }

    [Fact]
    public async Task A_close_during_a_wait_for_the_server_ends_the_loop_at_once()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        var never = new TaskCompletionSource();
        harness.Server.Answer = request => harness.Server.Serve(request) with { Before = never.Task };
        harness.Ask(harness.Blocks(0));
        await harness.Server.AskedAsync(1);
        harness.Link.Close(DisconnectReason.Useless);
        Assert.Equal(DisconnectReason.Useless, (await harness.Closed).Reason);
        never.SetResult();
    }

    [Fact]
    public async Task With_all_batches_unhandled_the_fetch_loop_waits()
    {
        await using WebSeedHarness harness = await OpenAsync(40 * Piece);
        harness.Ask(harness.Blocks([.. Enumerable.Range(0, 40)]));
        var held = new List<MessageBatch>();
        for (int i = 0; i < 4; i++)
            held.Add(await harness.TakeAsync());
        Assert.True(SpinWait.SpinUntil(() => harness.Link.IsHeldBack, WebSeedHarness.Limit));
        foreach (MessageBatch batch in held)
            harness.Handle(batch);
        await harness.ReceiveUntilAsync($"{harness.Blocks(39)[^1]}");
    }

    [Fact]
    public async Task A_fetch_loop_without_requests_is_not_held_back()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        Assert.True(SpinWait.SpinUntil(() => !harness.Link.IsHeldBack, WebSeedHarness.Limit));
        harness.Ask(harness.Blocks(0));
        await harness.ExpectAsync(harness.Blocks(0));
        Assert.True(SpinWait.SpinUntil(() => !harness.Link.IsHeldBack, WebSeedHarness.Limit));
    }

    [Fact]
    public async Task The_download_limit_applies_to_web_seeds()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece, download: 64 * 1024);
        harness.Ask(harness.Blocks(0, 1));

        Assert.True(SpinWait.SpinUntil(() => harness.Link.IsHeldBack, WebSeedHarness.Limit));

        // A quarter of a second's bytes pass at once. A read may return a part of a block, whose bytes are waited for
        // separately, so that the number of waits is not known.
        DateTimeOffset start = harness.Time.GetUtcNow();
        Task all = harness.ExpectAsync(harness.Blocks(0, 1));
        while (await Task.WhenAny(all, Task.Delay(20)) != all)
            harness.Time.Advance(TimeSpan.FromSeconds(0.05));
        await all;
        Assert.True(harness.Time.GetUtcNow() - start > TimeSpan.FromSeconds(1.4));
    }

    [Fact]
    public async Task An_unreachable_server_counts_as_choking_until_it_is_reached()
    {
        await using WebSeedHarness harness = await OpenAsync(4 * Piece);
        await harness.Server.DisposeAsync();
        harness.Ask(harness.Blocks(0));
        Assert.Equal(["Choke", .. harness.Blocks(0).Select(block => $"Reject {block}")], await HearBatchAsync(harness));
    }

    private static WebAnswer Moved(string target) =>
        new("302 Found", Encoding.ASCII.GetBytes("elsewhere")) { Headers = $"Location: {target}\r\n" };

    private static async Task<WebSeedHarness> OpenAsync(int length, long? download = null) =>
        await new WebSeedHarness(await WebContent.OfFileAsync(length), download).ConnectedAsync();

    private static async Task<WebSeedHarness> OpenFilesAsync(params (string, int)[] files) =>
        await new WebSeedHarness(await WebContent.OfFilesAsync(files)).ConnectedAsync();

    private static async Task<List<string>> HearBatchAsync(
        WebSeedHarness harness) => harness.Handle(await harness.TakeAsync());

    /// <summary>Lets a pause after a failure pass; timers know whole milliseconds only.</summary>
    private static async Task PassAsync(WebSeedHarness harness, TimeSpan? pause)
    {
        TimeSpan timer = TimeSpan.FromMilliseconds(Math.Floor(pause!.Value.TotalMilliseconds));
        await harness.Time.TimerInAsync(timer);
        harness.Time.Advance(timer);
    }
}
