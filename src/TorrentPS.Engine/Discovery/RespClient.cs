using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TorrentPS.Engine.Discovery;

/// <summary>The server answered with an error, or in a way that no server should.</summary>
internal sealed class RespException(string message) : Exception(message);

/// <summary>A Redis connection in the little of its protocol (RESP 2) that is needed: a command goes out, its reply comes back. Not thread-safe.</summary>
internal sealed class RespClient(Stream stream) : IDisposable
{
    /// <summary>The longest string or line read, in bytes: what we store is a fiftieth of it.</summary>
    public const int MaxLength = 4096;

    /// <summary>The most items of one reply: a hash of a thousand fields. Beyond it nobody of us wrote that.</summary>
    public const int MaxItems = 2000;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Connects, and takes the user and the database that the address names.</summary>
    /// <exception cref="SocketException">Nobody answers there.</exception>
    /// <exception cref="RespException">The server refuses.</exception>
    public static async Task<RespClient> ConnectAsync(PeerCacheUri server, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, cancellation);
            var client = new RespClient(new NetworkStream(socket, ownsSocket: true));
            if (server.Password is { } password)
                await client.AskAsync(server.User is { } user ? ["AUTH", user, password] : ["AUTH", password], cancellation);
            if (server.Database != 0)
                await client.AskAsync(["SELECT", server.Database.ToString(CultureInfo.InvariantCulture)], cancellation);
            return client;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and reads its reply.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="cancellation">Ends the wait; the connection is of no use after that.</param>
    /// <returns>The reply, lists made flat: a number in digits, nothing as an empty list.</returns>
    /// <exception cref="RespException">The reply is an error, or beyond a limit.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<IReadOnlyList<string>> AskAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"*{command.Count}\r\n");
        foreach (string part in command)
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellation);
        var reply = new List<string>();
        await ReadAsync(reply, isTop: true, cancellation);
        return reply;
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => stream.Dispose();

    private async Task ReadAsync(List<string> reply, bool isTop, CancellationToken cancellation)
    {
        string line = await ReadLineAsync(cancellation);
        string rest = line.Length > 0 ? line[1..] : "";
        switch (line.Length > 0 ? line[0] : '\0')
        {
            case '+' or ':':
                reply.Add(rest);
                break;
            case '-':
                throw new RespException($"The server answered: {rest}");
            case '$' when Length(rest, MaxLength) is { } length:
                if (length >= 0)
                    reply.Add(await ReadStringAsync(length, cancellation));
                break;
            case '*' when isTop && Length(rest, MaxItems) is { } count:
                for (int i = 0; i < count; i++)
                    await ReadAsync(reply, isTop: false, cancellation);
                break;
            default:
                throw new RespException("The server's reply is none that was to be expected.");
        }
    }

    /// <summary>A length; -1 stands for nothing at all.</summary>
    private static int? Length(string digits, int max) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int length) && length >= -1 && length <= max ? length : null;

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while (true)
        {
            char next = (char)await ReadByteAsync(cancellation);
            if (next == '\n' && line.Length > 0 && line[^1] == '\r')
                return line.ToString(0, line.Length - 1);
            if (line.Length >= MaxLength)
                throw new RespException("The server's reply has no end.");
            line.Append(next);
        }
    }

    private async Task<string> ReadStringAsync(int length, CancellationToken cancellation)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = await ReadByteAsync(cancellation);
        if (await ReadByteAsync(cancellation) != '\r' || await ReadByteAsync(cancellation) != '\n')
            throw new RespException("A string of the server's reply is longer than it says.");
        return Encoding.UTF8.GetString(bytes);
    }

    private async ValueTask<byte> ReadByteAsync(CancellationToken cancellation)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, await stream.ReadAsync(_buffer, cancellation));
            if (_end == 0)
                throw new EndOfStreamException("The server closed the connection.");
        }

        return _buffer[_start++];
    }
}
