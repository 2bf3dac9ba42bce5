using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPS.Cli.Demo;

/// <summary>
/// A minimal HTTP tracker on loopback (BEP 3) with compact responses (BEP 23). It keeps the peers in memory and removes
/// a peer that announces <c>stopped</c>.
/// </summary>
internal sealed class DemoTracker : IAsyncDisposable
{
    /// <summary>Maximum length of a request in bytes. An announce has a few hundred bytes.</summary>
    private const int MaxRequest = 4096;

    private static readonly TimeSpan s_requestLimit = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(string InfoHash, ushort Port), bool> _peers = new();
    private readonly TaskCompletionSource _seedKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;

    public DemoTracker()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string AnnounceUrl => $"http://{_listener.LocalEndpoint}/announce";

    /// <summary>Number of peers that have announced themselves and have not announced <c>stopped</c>.</summary>
    public int Count => _peers.Count;

    /// <summary>
    /// Completes when the tracker has received the first announce of a seed. From then on, its responses to other peers
    /// of the torrent contain the seed.
    /// </summary>
    public Task SeedKnown => _seedKnown.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                open.RemoveAll(task => task.IsCompleted);
                open.Add(ServeAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket owned = socket;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(s_requestLimit);
        try
        {
            string request = await ReadHeadAsync(socket, limit.Token);
            byte[] body = Answer(request);
            byte[] head = Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n"
                + "Connection: close\r\n\r\n");
            await socket.SendAsync(new ArraySegment<byte>[] { head, body }, SocketFlags.None);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The client has disconnected, or the tracker is being disposed.
        }
    }

    private static async Task<string> ReadHeadAsync(Socket socket, CancellationToken cancellation)
    {
        var buffer = new byte[MaxRequest];
        int held = 0;
        while (held < buffer.Length && buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8) < 0)
        {
            int count = await socket.ReceiveAsync(buffer.AsMemory(held), SocketFlags.None, cancellation);
            if (count == 0)
                break;
            held += count;
        }

        return Encoding.Latin1.GetString(buffer, 0, held);
    }

    private byte[] Answer(string request)
    {
        if (request.Split(' ') is not ["GET", var target, ..] || target.Split('?') is not [_, var query])
            return Failure("not an announce");
        Dictionary<string, string> fields = Fields(query);
        if (!fields.TryGetValue("info_hash", out string? infoHash)
            || !ushort.TryParse(
                fields.GetValueOrDefault("port"), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            return Failure("info_hash and port are required");
        bool isSeed = fields.GetValueOrDefault("left") == "0";
        if (fields.GetValueOrDefault("event") == "stopped")
            _peers.TryRemove((infoHash, port), out _);
        else
            _peers[(infoHash, port)] = isSeed;
        if (isSeed)
            _seedKnown.TrySetResult();
        return Peers(infoHash, port);
    }

    private byte[] Peers(string infoHash, ushort requester)
    {
        var compact = new List<byte>();
        int seeds = 0;
        int leeches = 0;
        Span<byte> port = stackalloc byte[sizeof(ushort)];
        foreach (((string hash, ushort other), bool isSeed) in _peers)
        {
            if (hash != infoHash)
                continue;
            seeds += isSeed ? 1 : 0;
            leeches += isSeed ? 0 : 1;
            if (other == requester)
                continue;
            compact.AddRange(IPAddress.Loopback.GetAddressBytes());
            BinaryPrimitives.WriteUInt16BigEndian(port, other);
            compact.AddRange(port);
        }

        byte[] head = Encoding.ASCII.GetBytes(
            $"d8:completei{seeds}e10:incompletei{leeches}e8:intervali60e5:peers{compact.Count}:");
        return [.. head, .. compact, (byte)'e'];
    }

    private static byte[] Failure(string reason) => Encoding.ASCII.GetBytes(
        $"d14:failure reason{reason.Length}:{reason}e");

    /// <summary>
    /// Parses the query string of a request without unescaping its values. Info hashes can be compared in escaped form,
    /// because the demo has only one client, which always escapes them in the same way.
    /// </summary>
    private static Dictionary<string, string> Fields(string query)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string field in query.Split('&'))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                fields[field[..equals]] = field[(equals + 1)..];
        }

        return fields;
    }
}
