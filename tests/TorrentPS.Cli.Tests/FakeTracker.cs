using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPS.Cli.Tests;

/// <summary>
/// An HTTP tracker that refuses announces, or scrapes too, with a failure reason. Otherwise its scrapes count 7 seeds,
/// 3 leeches and 42 completed downloads.
/// </summary>
internal sealed class FakeTracker : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _root;
    private readonly string _failure;
    private readonly bool _refusesScrapes;

    public FakeTracker(string failure, bool refusesScrapes)
    {
        _failure = failure;
        _refusesScrapes = refusesScrapes;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _root = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        _listener.Prefixes.Add(_root);
        _listener.Start();
        _ = ServeAsync();
    }

    public string AnnounceUrl => _root + "announce";

    /// <summary>The paths of the requests, without their queries.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                string path = context.Request.Url!.AbsolutePath;
                Requests.Enqueue(path);
                byte[] answer = path == "/scrape" && !_refusesScrapes
                    ? Scrape(context.Request.RawUrl!)
                    : Encoding.UTF8.GetBytes($"d14:failure reason{_failure.Length}:{_failure}e");
                await context.Response.OutputStream.WriteAsync(answer);
                context.Response.Close();
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private static byte[] Scrape(string url)
    {
        string escaped = url.Split("info_hash=")[1].Split('&')[0];
        return
        [
            .. "d5:filesd20:"u8,
            .. WebUtility.UrlDecodeToBytes(Encoding.ASCII.GetBytes(escaped), 0, escaped.Length)!,
            .. "d8:completei7e10:downloadedi42e10:incompletei3eeee"u8,
        ];
    }
}
