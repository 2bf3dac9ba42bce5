using System.Net;
using System.Text;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>A web server as the loop meets it: requests go in, blocks, refusals and chokes come out.</summary>
public sealed class WebSeedLinkTests
{
    private const int Piece = WebContent.PieceLength;

    private static readonly WebSeedException s_failure = new(WebSeedError.BadAnswer, "");

    [Fact]
    public async Task Blocks_that_follow_each_other_come_by_one_request_over_one_connection()
    {
        await using WebSeedHarness line = await OpenAsync(10 * Piece);
        line.Ask(line.Blocks(2, 3, 4));
        await line.HearAsync(line.Blocks(2, 3, 4));
        line.Ask(line.Blocks(7, 0));
        await line.HearAsync(line.Blocks(7, 0));
        Assert.Equal(
            [(2L * Piece, (5L * Piece) - 1), (7L * Piece, (8L * Piece) - 1), (0L, Piece - 1L)],
            line.Server.Requests.Select(request => request.Range!.Value));
        Assert.Equal(1, line.Server.Connections);
        Assert.Contains("User-Agent: test/1", line.Server.Requests.First().Headers);
        Assert.Equal(line.Server.Port, line.Link.EndPoint.Port);
        Assert.Equal(IPAddress.Loopback, line.Link.EndPoint.Address);
        Assert.Equal(5 * Piece, line.Link.Traffic.Received);
    }

    [Fact]
    public async Task A_run_over_files_of_odd_lengths_takes_a_request_for_each()
    {
        await using WebSeedHarness line = await OpenFilesAsync(("a", 100_000), ("b", 7), ("c", 50_000));
        line.Ask(line.Blocks(0, 1, 2));
        await line.HearAsync(line.Blocks(0, 1, 2));
        Assert.Equal(["/content/a", "/content/b", "/content/c"], line.Server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task What_is_taken_back_before_its_turn_is_not_fetched()
    {
        await using WebSeedHarness line = await OpenAsync(10 * Piece);
        var hold = new TaskCompletionSource();
        line.Server.Answer = request => line.Server.Serve(request) with { Before = hold.Task };
        line.Ask(line.Blocks(0));
        await line.Server.AskedAsync(1);
        line.Ask(line.Blocks(5, 8));
        foreach (BlockAddress block in line.Blocks(5))
            line.Link.Cancel(block);
        hold.SetResult();
        await line.HearAsync(line.Blocks(0, 8));
        Assert.Equal(2, line.Server.Requests.Count);
    }

    [Fact]
    public async Task A_run_of_which_nothing_is_wanted_any_more_does_not_hold_up_the_next()
    {
        await using WebSeedHarness line = await OpenAsync(100 * Piece);
        var hold = new TaskCompletionSource();
        line.Server.Answer = request => line.Server.Serve(request) with { Between = request.Range!.Value.First == 0 ? hold.Task : Task.CompletedTask };
        BlockAddress[] run = line.Blocks([.. Enumerable.Range(0, 40)]);
        line.Ask(run);
        MessageBatch first = await line.TakeAsync();
        foreach (BlockAddress block in run)
            line.Link.Cancel(block);
        line.Ask(line.Blocks(99));
        line.Handle(first);
        hold.SetResult();
        List<string> heard = await line.HearUntilAsync($"{line.Blocks(99)[^1]}");
        Assert.DoesNotContain($"{run[^1]}", heard);
        Assert.True(line.Link.Traffic.Received < 40 * Piece);
    }

    [Fact]
    public async Task A_busy_server_is_left_alone_for_as_long_as_it_wishes()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        line.Server.Answer = _ => new WebAnswer("503 Service Unavailable", default) { Headers = "Retry-After: 120\r\n" };
        line.Ask(line.Blocks(1));
        Assert.Equal(["Choke", .. line.Blocks(1).Select(block => $"Reject {block}")], await HearBatchAsync(line));
        await line.Time.TimerInAsync(TimeSpan.FromSeconds(120));

        line.Server.Answer = line.Server.Serve;
        line.Time.Advance(TimeSpan.FromSeconds(120));
        Assert.Equal(["Unchoke"], await HearBatchAsync(line));
        line.Ask(line.Blocks(1));
        await line.HearAsync(line.Blocks(1));
    }

    [Fact]
    public async Task A_server_that_only_errs_is_given_up_after_growing_pauses()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        line.Server.Answer = _ => new WebAnswer("500 Internal Server Error", default);
        WebSeedBackoff pauses = WebSeedHarness.Pauses();
        for (int failure = 1; failure < WebSeedBackoff.MaxFailures; failure++)
        {
            line.Ask(line.Blocks(0));
            await line.HearUntilAsync("Choke");
            await PassAsync(line, pauses.OnFailure(s_failure));
            await line.HearUntilAsync("Unchoke");
        }

        line.Ask(line.Blocks(0));
        (DisconnectReason reason, string? detail) = await line.Closed;
        Assert.Equal(DisconnectReason.Unusable, reason);
        Assert.Contains("500", detail, StringComparison.Ordinal);
        Assert.Equal(WebSeedBackoff.MaxFailures, line.Server.Requests.Count);
    }

    [Fact]
    public async Task A_file_that_is_not_there_costs_its_pieces_alone()
    {
        await using WebSeedHarness line = await OpenFilesAsync(("a", 2 * Piece), ("b", 2 * Piece), ("c", 4 * Piece));
        line.Server.Files.TryRemove("/content/b", out _);
        line.Ask(line.Blocks(2, 5));
        List<string> heard = await line.HearUntilAsync("Unchoke");
        Assert.Equal("Choke", heard[0]);
        Assert.Equal(line.Blocks(2, 5).Select(block => $"Reject {block}"), heard[1..^2]);
        Assert.Equal("Bitfield CF", heard[^2]);
        line.Ask(line.Blocks(4));
        await line.HearAsync(line.Blocks(4));
    }

    [Fact]
    public async Task A_file_of_another_length_is_not_the_torrents()
    {
        await using WebSeedHarness line = await OpenFilesAsync(("a", 2 * Piece), ("b", 2 * Piece));
        line.Server.Files["/content/a"] = new byte[3 * Piece];
        line.Ask(line.Blocks(0));
        Assert.Contains("Bitfield 30", await line.HearUntilAsync("Unchoke"));
    }

    [Fact]
    public async Task A_server_without_any_of_the_files_is_tried_again_later()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        byte[] file = line.Server.Files["/file.bin"];
        line.Server.Files.Clear();
        line.Ask(line.Blocks(0));
        await line.HearUntilAsync("Choke");
        line.Server.Files["/file.bin"] = file;
        await PassAsync(line, WebSeedHarness.Pauses().OnFailure(s_failure));
        Assert.Equal(["Bitfield F0", "Unchoke"], await HearBatchAsync(line));
        line.Ask(line.Blocks(0));
        await line.HearAsync(line.Blocks(0));
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(0)]
    public async Task What_a_broken_off_answer_brought_is_kept_and_the_rest_refused(int sent)
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        line.Server.Answer = request =>
        {
            WebAnswer whole = line.Server.Serve(request);
            return whole with { Body = whole.Body[..sent], Length = whole.Body.Length };
        };
        line.Ask(line.Blocks(0));
        List<string> heard = await line.HearUntilAsync($"Reject {line.Blocks(0)[^1]}");
        int kept = sent / TorrentGeometry.BlockLength;
        Assert.Equal(
            [.. line.Blocks(0)[..kept].Select(block => $"{block}"), "Choke", .. line.Blocks(0)[kept..].Select(block => $"Reject {block}")], heard);
    }

    [Fact]
    public async Task An_answer_that_goes_on_beyond_what_was_asked_for_is_a_failure()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        line.Server.Answer = request =>
        {
            WebAnswer whole = line.Server.Serve(request);
            return whole with { Body = (byte[])[.. whole.Body.Span, 1], Length = -1 };
        };
        line.Ask(line.Blocks(0));
        Assert.Contains("Choke", await line.HearUntilAsync("Choke"));
    }

    [Theory]
    [InlineData("206 Partial Content", "Content-Range: bytes 1-65536/262144\r\n")]
    [InlineData("206 Partial Content", "Content-Range: bytes 0-65534/262144\r\n")]
    [InlineData("206 Partial Content", "")]
    [InlineData("206 Partial Content", "Content-Range: items 0-65535/262144\r\n")]
    [InlineData("206 Partial Content", "Content-Range: bytes 0-65535/262144\r\nContent-Encoding: gzip\r\n")]
    [InlineData("204 No Content", "")]
    [InlineData("302 Found", "")]
    public async Task An_answer_to_something_else_is_refused(string status, string headers)
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        line.Server.Answer = _ => new WebAnswer(status, status[0] == '2' && status[2] != '4' ? new byte[Piece] : default) { Headers = headers };
        line.Ask(line.Blocks(0));
        Assert.Equal(["Choke", .. line.Blocks(0).Select(block => $"Reject {block}")], await HearBatchAsync(line));
    }

    [Fact]
    public async Task A_server_without_ranges_gives_a_file_from_its_start_to_its_end()
    {
        await using WebSeedHarness line = await OpenAsync(64 * Piece);
        line.Server.Answer = request => line.Server.Serve(request with { Range = null });
        line.Ask(line.Blocks(0, 1));
        await line.HearAsync(line.Blocks(0, 1));
        line.Ask(line.Blocks(2, 10));
        await line.HearAsync(line.Blocks(2, 10));
        Assert.Single(line.Server.Requests);

        line.Ask(line.Blocks(60));
        (DisconnectReason reason, string? detail) = await line.Closed;
        Assert.Equal(DisconnectReason.Unusable, reason);
        Assert.Contains("whole files only", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_are_followed_and_the_target_is_remembered()
    {
        await using WebSeedHarness line = await OpenAsync(10 * Piece);
        byte[] file = line.Server.Files["/file.bin"];
        line.Server.Files["/mirror/1"] = file;
        line.Server.Answer = request => request.Path switch
        {
            "/file.bin" => Moved("/there"),
            "/there" => Moved(line.Server.Url("/mirror/1")),
            _ => line.Server.Serve(request),
        };
        line.Ask(line.Blocks(1));
        await line.HearAsync(line.Blocks(1));
        line.Ask(line.Blocks(5));
        await line.HearAsync(line.Blocks(5));
        Assert.Equal(["/file.bin", "/there", "/mirror/1", "/mirror/1"], line.Server.Requests.Select(request => request.Path));

        // The mirror goes; where the server redirects to now counts.
        line.Server.Files["/mirror/2"] = file;
        line.Server.Answer = request => request.Path switch
        {
            "/file.bin" => Moved("/mirror/2"),
            "/mirror/1" => new WebAnswer("403 Forbidden", default),
            _ => line.Server.Serve(request),
        };
        line.Ask(line.Blocks(7));
        await line.HearAsync(line.Blocks(7));
    }

    [Theory]
    [InlineData("/file.bin", RangeClient.MaxRedirects + 1)]
    [InlineData("ftp://127.0.0.1/file.bin", 1)]
    [InlineData("file:///etc/passwd", 1)]
    public async Task Redirects_have_a_limit_and_stay_on_the_web(string target, int requests)
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        line.Server.Answer = _ => Moved(target);
        line.Ask(line.Blocks(0));
        await line.HearUntilAsync("Choke");
        Assert.Equal(requests, line.Server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_waited_for_no_longer_than_its_time()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        var never = new TaskCompletionSource();
        line.Server.Answer = request => line.Server.Serve(request) with { Between = never.Task };
        line.Ask(line.Blocks(0));
        await line.HearAsync(line.Blocks(0)[..2]);
        Assert.False(line.Link.IsHeldBack);
        await line.Time.TimerInAsync(RangeClient.ReadTimeout);
        line.Time.Advance(RangeClient.ReadTimeout);
        Assert.Contains("Choke", await line.HearUntilAsync("Choke"));
        never.SetResult();
    }

    [Fact]
    public async Task It_ends_at_once_while_it_waits_for_a_server()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        var never = new TaskCompletionSource();
        line.Server.Answer = request => line.Server.Serve(request) with { Before = never.Task };
        line.Ask(line.Blocks(0));
        await line.Server.AskedAsync(1);
        line.Link.Close(DisconnectReason.Useless);
        Assert.Equal(DisconnectReason.Useless, (await line.Closed).Reason);
        never.SetResult();
    }

    [Fact]
    public async Task A_loop_that_gives_no_batches_back_holds_it_back()
    {
        await using WebSeedHarness line = await OpenAsync(40 * Piece);
        line.Ask(line.Blocks([.. Enumerable.Range(0, 40)]));
        var held = new List<MessageBatch>();
        for (int i = 0; i < 4; i++)
            held.Add(await line.TakeAsync());
        Assert.True(SpinWait.SpinUntil(() => line.Link.IsHeldBack, WebSeedHarness.Limit));
        foreach (MessageBatch batch in held)
            line.Handle(batch);
        await line.HearUntilAsync($"{line.Blocks(39)[^1]}");
    }

    [Fact]
    public async Task The_download_limit_holds()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece, download: 64 * 1024);
        line.Ask(line.Blocks(0, 1));

        // A quarter second's worth passes at once; the next block pays first.
        await line.HearAsync(line.Blocks(0)[..2]);
        await line.Time.TimerInAsync(TimeSpan.FromSeconds(0.25));
        Assert.True(line.Link.IsHeldBack);
        for (int i = 2; i < 8; i++)
        {
            line.Time.Advance(TimeSpan.FromSeconds(0.25));
            await line.HearAsync(line.Blocks(0, 1)[i]);
        }
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_chokes_until_it_can()
    {
        await using WebSeedHarness line = await OpenAsync(4 * Piece);
        await line.Server.DisposeAsync();
        line.Ask(line.Blocks(0));
        Assert.Equal(["Choke", .. line.Blocks(0).Select(block => $"Reject {block}")], await HearBatchAsync(line));
    }

    private static WebAnswer Moved(string target) => new("302 Found", Encoding.ASCII.GetBytes("elsewhere")) { Headers = $"Location: {target}\r\n" };

    private static async Task<WebSeedHarness> OpenAsync(int length, long? download = null) =>
        await new WebSeedHarness(await WebContent.OfFileAsync(length), download).GreetedAsync();

    private static async Task<WebSeedHarness> OpenFilesAsync(params (string, int)[] files) =>
        await new WebSeedHarness(await WebContent.OfFilesAsync(files)).GreetedAsync();

    private static async Task<List<string>> HearBatchAsync(WebSeedHarness line) => line.Handle(await line.TakeAsync());

    /// <summary>Lets a pause after a failure pass; timers know whole milliseconds only.</summary>
    private static async Task PassAsync(WebSeedHarness line, TimeSpan? pause)
    {
        TimeSpan timer = TimeSpan.FromMilliseconds(Math.Floor(pause!.Value.TotalMilliseconds));
        await line.Time.TimerInAsync(timer);
        line.Time.Advance(timer);
    }
}
