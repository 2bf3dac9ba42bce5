using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>Thrown for an error reply or an invalid reply of a Redis server.</summary>
internal sealed class RespException(string message) : Exception(DisplayText.Line(message));

/// <summary>
/// A connection to a Redis server. It implements the part of the protocol (RESP 2) that the peer cache needs: sending
/// one command at a time and reading its reply. Not thread-safe.
/// </summary>
internal sealed class RespClient(Stream stream) : IDisposable
{
    /// <summary>
    /// Maximum length in bytes of a string or line in a reply. The peer cache writes strings of less than 100 bytes.
    /// </summary>
    public const int MaxLength = 4096;

    /// <summary>Maximum number of items in a reply: the fields and values of a Redis hash with 1,000 fields.</summary>
    public const int MaxItems = 2000;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The server's address; null if the client was not created by <see cref="ConnectAsync"/>.</summary>
    public IPAddress? ServerAddress { get; private init; }

    /// <summary>Connects to the server, authenticates and selects the database.</summary>
    /// <exception cref="SocketException">The server can't be reached.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    /// <exception cref="RespException">
    /// The server replied with an error, or its TLS certificate was refused.
    /// </exception>
    public static async Task<RespClient> ConnectAsync(
        PeerCacheUri server, NetworkBinding binding, CancellationToken cancellation)
    {
        Socket socket = await ConnectSocketAsync(server, binding, cancellation);
        try
        {
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (server.UsesTls)
                stream = await SecureAsync(stream, server.Host, cancellation);
            var client = new RespClient(stream)
            {
                ServerAddress = ((IPEndPoint)socket.RemoteEndPoint!).Address,
            };
            if (server.Password is { } password)
                await client.LogInAsync(server.User, password, cancellation);
            if (server.Database != 0)
                await client.SendAsync(
                    ["SELECT", server.Database.ToString(CultureInfo.InvariantCulture)], cancellation);
            return client;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Encrypts a connection with TLS. The certificate must be valid for the host name or address.</summary>
    private static async Task<Stream> SecureAsync(Stream stream, string host, CancellationToken cancellation)
    {
        var secure = new SslStream(stream);
        try
        {
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = host,
                CertificateChainPolicy = TlsPolicy.CreateChainPolicy(),
            };
            await secure.AuthenticateAsClientAsync(options, cancellation);
            return secure;
        }
        catch (AuthenticationException error)
        {
            throw new RespException($"The TLS connection failed: {error.Message.TrimEnd('.')}.");
        }
    }

    private static async Task<Socket> ConnectSocketAsync(
        PeerCacheUri server, NetworkBinding binding, CancellationToken cancellation)
    {
        SocketException? failure = null;
        foreach (IPAddress address in await Dns.GetHostAddressesAsync(server.Host, cancellation))
        {
            try
            {
                // In its default (protected) mode, a server on this machine accepts connections from loopback
                // addresses only.
                bool isLoopback = AddressScopes.Of(address) == AddressScope.Loopback;
                NetworkBinding used = isLoopback ? NetworkBinding.Any : binding;
                return await used.ConnectAsync(new IPEndPoint(address, server.Port), cancellation);
            }
            catch (SocketException error)
            {
                failure ??= error;
            }
        }

        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>
    /// Sends a command and reads its reply. After a cancellation, the connection cannot be used any more.
    /// </summary>
    /// <returns>
    /// The items of a list reply, or a list with the single value of any other reply. A number is returned as decimal
    /// digits. A null reply gives an empty list.
    /// </returns>
    /// <exception cref="RespException">The reply is an error, is invalid, or exceeds a limit.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public async Task<IReadOnlyList<string>> SendAsync(IReadOnlyList<string> command, CancellationToken cancellation)
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

    public void Dispose() => stream.Dispose();

    private async Task LogInAsync(string? user, string password, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(user is null ? ["AUTH", password] : ["AUTH", user, password], cancellation);
        }
        catch (RespException)
        {
            // The server's text may repeat the user name and the password.
            throw new RespException("The server refused the user name or the password.");
        }
    }

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
                throw new RespException($"The server replied with an error: {rest}");
            case '$' when ParseLength(rest, MaxLength) is { } length:
                if (length >= 0)
                    reply.Add(await ReadStringAsync(length, cancellation));
                break;
            case '*' when isTop && ParseLength(rest, MaxItems) is { } count:
                for (int i = 0; i < count; i++)
                    await ReadAsync(reply, isTop: false, cancellation);
                break;
            default:
                throw new RespException("The server sent an invalid reply.");
        }
    }

    /// <summary>
    /// Parses the length of a string or list. Returns −1 for a null string or list, and null if the length is invalid
    /// or above <paramref name="max"/>.
    /// </summary>
    private static int? ParseLength(string digits, int max) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int length)
            && length >= -1 && length <= max ? length : null;

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while (true)
        {
            char next = (char)await ReadByteAsync(cancellation);
            if (next == '\n' && line.Length > 0 && line[^1] == '\r')
                return line.ToString(0, line.Length - 1);
            if (line.Length >= MaxLength)
                throw new RespException("The server sent a reply that is too long.");
            line.Append(next);
        }
    }

    private async Task<string> ReadStringAsync(int length, CancellationToken cancellation)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = await ReadByteAsync(cancellation);
        if (await ReadByteAsync(cancellation) != '\r' || await ReadByteAsync(cancellation) != '\n')
            throw new RespException("The server sent a string of the wrong length.");
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
