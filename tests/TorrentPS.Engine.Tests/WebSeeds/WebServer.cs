using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>A request to the test's server.</summary>
/// <param name="Path">The request target, still escaped.</param>
/// <param name="Range">The first and last byte requested.</param>
/// <param name="Headers">All headers.</param>
internal sealed record WebRequest(string Path, (long First, long Last)? Range, IReadOnlyList<string> Headers);

/// <summary>A response of the test's server.</summary>
/// <param name="Status">The status code and phrase.</param>
/// <param name="Body">The body.</param>
internal sealed record WebAnswer(string Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>Further headers, each with its line end.</summary>
    public string Headers { get; init; } = "";

    /// <summary>
    /// The declared length: by default that of the body. Negative for none, which ends the connection after the body.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>Awaited before anything is sent.</summary>
    public Task Before { get; init; } = Task.CompletedTask;

    /// <summary>Awaited before the second half of the body.</summary>
    public Task Between { get; init; } = Task.CompletedTask;
}

/// <summary>An HTTP server on loopback with persistent connections.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;
    private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isGone;

    public WebServer()
    {
        Answer = Serve;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The files by their escaped paths.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Returns the response to a request. The default is <see cref="Serve"/>.</summary>
    public Func<WebRequest, WebAnswer> Answer { get; set; }

    public ConcurrentQueue<WebRequest> Requests { get; } = new();

    public int Connections { get; private set; }

    public string Url(string path = "/") => $"http://127.0.0.1:{Port}{path}";

    /// <summary>Returns the requested range, or 404.</summary>
    public WebAnswer Serve(WebRequest request)
    {
        if (!Files.TryGetValue(request.Path, out byte[]? file))
            return new WebAnswer("404 Not Found", "no such file"u8.ToArray());
        if (request.Range is not { } range)
            return new WebAnswer("200 OK", file);
        return range.Last >= file.Length
            ? new WebAnswer("416 Range Not Satisfiable", default) { Headers = $"Content-Range: bytes */{file.Length}\r\n" }
            : Part(file, range.First, range.Last);
    }

    public static WebAnswer Part(byte[] file, long first, long last) =>
        new("206 Partial Content", file.AsMemory((int)first, (int)(last - first + 1)))
        {
            Headers = $"Content-Range: bytes {first}-{last}/{file.Length}\r\n",
        };

    /// <summary>Puts a folder's files under the root, the folder's own name first.</summary>
    public void Publish(string folder)
    {
        string root = Path.GetDirectoryName(folder)!;
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/');
            Files["/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString))] = File.ReadAllBytes(file);
        }
    }

    /// <summary>Completes once it was asked so often.</summary>
    public async Task AskedAsync(int times)
    {
        while (Requests.Count < times)
        {
            Task asked = _asked.Task;
            if (Requests.Count < times)
                await asked.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isGone)
            return;
        _isGone = true;
        await _closing.CancelAsync();
        _listener.Stop();
        await _serving;
        _closing.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(HandleAsync(await _listener.AcceptTcpClientAsync(_closing.Token)));
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException or OperationCanceledException)
        {
            // The listener was closed.
            await Task.WhenAll(open);
        }
    }

    private async Task HandleAsync(TcpClient client)
    {
        using TcpClient owned = client;
        Connections++;
        try
        {
            Stream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadAsync(reader) is { } request)
            {
                Requests.Enqueue(request);
                Interlocked.Exchange(ref _asked, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
                WebAnswer answer = Answer(request);
                await answer.Before.WaitAsync(_closing.Token);
                string length = answer.Length < 0
                    ? "Connection: close\r\n"
                    : string.Create(
                        CultureInfo.InvariantCulture, $"Content-Length: {answer.Length ?? answer.Body.Length}\r\n");
                string head = $"HTTP/1.1 {answer.Status}\r\n{length}{answer.Headers}\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _closing.Token);
                int half = answer.Body.Length / 2;
                await stream.WriteAsync(answer.Body[..half], _closing.Token);
                await answer.Between.WaitAsync(_closing.Token);
                await stream.WriteAsync(answer.Body[half..], _closing.Token);
                if (answer.Length is { } said && said != answer.Body.Length)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client closed the connection.
        }
    }

    private async Task<WebRequest?> ReadAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync(_closing.Token) is not { Length: > 0 } first)
            return null;
        var headers = new List<string>();
        while (await reader.ReadLineAsync(_closing.Token) is { Length: > 0 } line)
            headers.Add(line);
        string? range = headers.FirstOrDefault(
            header => header.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))?["Range: bytes=".Length..];
        long[]? ends = range?.Split('-').Select(end => long.Parse(end, CultureInfo.InvariantCulture)).ToArray();
        return new WebRequest(first.Split(' ')[1], ends is null ? null : (ends[0], ends[1]), headers);
    }
}
