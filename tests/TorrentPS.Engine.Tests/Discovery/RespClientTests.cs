using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Replies are read within limits, and commands are encoded as Redis expects.</summary>
public sealed class RespClientTests
{
    [Theory]
    [InlineData("+OK\r\n", "OK")]
    [InlineData(":42\r\n", "42")]
    [InlineData("$3\r\na\r\n\r\n", "a\r\n")]
    [InlineData("$0\r\n\r\n", "")]
    [InlineData("*2\r\n$1\r\na\r\n:7\r\n", "a", "7")]
    public async Task Replies_are_read(
        string reply, params string[] expected) => Assert.Equal(expected, await SendAsync(reply));

    [Theory]
    [InlineData("$-1\r\n")]
    [InlineData("*0\r\n")]
    [InlineData("*-1\r\n")]
    public async Task A_null_reply_is_an_empty_list(string reply) => Assert.Empty(await SendAsync(reply));

    [Theory]
    [InlineData("-ERR no\r\n")]
    [InlineData("$5000\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$x\r\n")]
    [InlineData("*2001\r\n")]
    [InlineData("*1\r\n*1\r\n:1\r\n")]
    [InlineData("$1\r\nab\r\n")]
    [InlineData("?\r\n")]
    [InlineData("\r\n")]
    public async Task Errors_and_replies_beyond_a_limit_are_refused(string reply) =>
        await Assert.ThrowsAsync<RespException>(() => SendAsync(reply));

    [Fact]
    public async Task A_line_without_end_is_refused() =>
        await Assert.ThrowsAsync<RespException>(() => SendAsync("+" + new string('x', 5000)));

    [Fact]
    public async Task A_closed_connection_throws_an_end_of_stream_error(
        ) => await Assert.ThrowsAsync<EndOfStreamException>(() => SendAsync("*2\r\n:1\r\n"));

    [Fact]
    public async Task A_command_is_written_with_the_length_of_each_part_in_bytes()
    {
        using var stream = new Line("+OK\r\n");
        using var client = new RespClient(stream);

        await client.SendAsync(["SET", "k", "ä\r\n"], default);

        Assert.Equal("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\nä\r\n\r\n", Encoding.UTF8.GetString(stream.Sent));
    }

    [Fact]
    public void Any_bytes_of_the_server_give_a_reply_or_a_known_exception() =>
        Prop.ForAll<int>(seed =>
        {
            byte[] reply = Encoding.UTF8.GetBytes(
                "*4\r\n$13\r\n10.0.0.1:6881\r\n$12\r\n1800000000 7\r\n$1\r\nx\r\n:12\r\n");
            var random = new Random(seed);
            for (int i = 0; i < 3; i++)
                reply[random.Next(reply.Length)] = (byte)"*$:+-0123456789\r\nx"[random.Next(18)];
            try
            {
                string text = Encoding.Latin1.GetString(reply);
                return SendAsync(text).GetAwaiter().GetResult().Count <= RespClient.MaxItems;
            }
            catch (Exception error) when (error is RespException or EndOfStreamException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("redis://cache", "cache", 6379, 0, null, null)]
    [InlineData("redis://cache:7000/3", "cache", 7000, 3, null, null)]
    [InlineData("redis://:s%40crét@cache/0", "cache", 6379, 0, null, "s@crét")]
    [InlineData("redis://user:pass:word@[::1]:7000/1", "::1", 7000, 1, "user", "pass:word")]
    public void Addresses_are_parsed(
        string text, string host, int port, int database, string? user, string? password) =>
        Assert.Equal(new PeerCacheUri(host, port, database, user, password), PeerCacheUri.Parse(new Uri(text)));

    [Theory]
    [InlineData("http://cache")]
    [InlineData("redis://cache/x")]
    [InlineData("redis://cache/-1")]
    public void Other_addresses_are_refused(
        string text) => Assert.Throws<FormatException>(() => PeerCacheUri.Parse(new Uri(text)));

    [Fact]
    public void A_password_is_not_shown(
        ) => Assert.Equal("redis://cache:6379/0", PeerCacheUri.Parse(new Uri("redis://u:secret@cache")).ToString());

    private static async Task<IReadOnlyList<string>> SendAsync(string reply)
    {
        using var client = new RespClient(new Line(reply));
        return await client.SendAsync(["PING"], default);
    }

    /// <summary>A connection whose reply is ready to be read.</summary>
    private sealed class Line(string reply) : MemoryStream(Encoding.UTF8.GetBytes(reply))
    {
        private readonly MemoryStream _sent = new();

        public byte[] Sent => _sent.ToArray();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _sent.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
