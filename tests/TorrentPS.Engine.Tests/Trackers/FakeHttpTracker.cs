using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace TorrentPS.Engine.Tests.Trackers;

/// <summary>An HTTP server on loopback that sends a fixed response to each request and closes the connection.</summary>
internal sealed class FakeHttpTracker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, byte[]> _answer;
    private readonly Func<Stream, Task<Stream>> _secure;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>();
    private readonly Task _serving;

    /// <param name="answer">
    /// Returns the whole response to a request target. An empty response keeps the client waiting.
    /// </param>
    /// <param name="secure">Wraps the connection's stream, for TLS.</param>
    public FakeHttpTracker(Func<string, byte[]> answer, Func<Stream, Task<Stream>>? secure = null)
    {
        _answer = answer;
        _secure = secure ?? Task.FromResult;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether a request was received that <see cref="NextAsync"/> has not returned.</summary>
    public bool HasRequest => _requests.Reader.TryPeek(out _);

    public Uri Url(string path) => new($"http://127.0.0.1:{Port}{path}");

    public Task<Request> NextAsync() => _requests.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public static byte[] Ok(ReadOnlySpan<byte> body, string headers = "") => Response("200 OK", body, headers);

    public static byte[] Response(string status, ReadOnlySpan<byte> body, string headers = "") =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n"), .. body];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(HandleAsync(await _listener.AcceptTcpClientAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task HandleAsync(TcpClient client)
    {
        using TcpClient owned = client;
        try
        {
            Stream stream = await _secure(client.GetStream());
            using var reader = new StreamReader(stream, Encoding.Latin1);
            string[] first = (await reader.ReadLineAsync() ?? "").Split(' ');
            var headers = new List<string>();
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
                headers.Add(line);
            if (first.Length < 2)
                return;
            _requests.Writer.TryWrite(
                new Request(first[1], headers, ((IPEndPoint)client.Client.RemoteEndPoint!).Address));
            byte[] answer = _answer(first[1]);
            if (answer.Length == 0)
                await reader.ReadLineAsync();
            else
                await stream.WriteAsync(answer);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
        }
    }

    internal sealed record Request(string Target, IReadOnlyList<string> Headers, IPAddress From);
}
