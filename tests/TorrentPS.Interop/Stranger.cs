using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPS.Interop;

/// <summary>
/// A peer that a test plays over a real socket, from any address of 20.7.0.0/16 (<see cref="Network.EnsurePublic"/>).
/// It has no Fast extension. Every wait ends after <see cref="s_limit"/>.
/// </summary>
internal sealed class Stranger : IDisposable
{
    private const int BlockLength = 16 * 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly Socket _socket;

    private Stranger(Socket socket) => _socket = socket;

    /// <summary>Creates sockets bound to addresses; they are not connected.</summary>
    public static Stranger[] Create(Network network, params IEnumerable<string> addresses) =>
        network.OpenInLocalNamespace(() => addresses.Select(address =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            return new Stranger(socket);
        }).ToArray());

    public Task ConnectAsync(IPEndPoint target) => _socket.ConnectAsync(target).WaitAsync(s_limit);

    /// <summary>Sends a handshake (BEP 3) with the extension protocol, and reads the other side's handshake.</summary>
    public async Task ShakeHandsAsync(TestTorrent torrent)
    {
        byte[] handshake = new byte[68];
        handshake[0] = 19;
        Encoding.ASCII.GetBytes("BitTorrent protocol", handshake.AsSpan(1));
        handshake[25] = 0x10;
        Convert.FromHexString(torrent.InfoHash).CopyTo(handshake, 28);
        Random.Shared.NextBytes(handshake.AsSpan(48));
        await SendAsync(handshake);
        await ReadAsync(new byte[68]);
    }

    /// <summary>Says that it is interested, and downloads the first block once it is unchoked.</summary>
    public async Task DownloadBlockAsync()
    {
        await SendAsync(Message(2));
        while ((await ReadMessageAsync())[0] != 1)
        {
            // Wait for the unchoke.
        }

        byte[] request = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), BlockLength);
        await SendAsync(Message(6, request));
        byte[] message;
        while ((message = await ReadMessageAsync())[0] != 7)
        {
            // Wait for the piece message.
        }

        Assert.Equal(1 + 8 + BlockLength, message.Length);
    }

    public static byte[] Message(byte id, params ReadOnlySpan<byte> body)
    {
        byte[] message = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, 1 + body.Length);
        message[4] = id;
        body.CopyTo(message.AsSpan(5));
        return message;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var timeout = new CancellationTokenSource(s_limit);
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, timeout.Token)..];
    }

    /// <summary>Reads the next message other than a keep-alive: its id and its body.</summary>
    public async Task<byte[]> ReadMessageAsync()
    {
        byte[] prefix = new byte[4];
        int length = 0;
        while (length == 0)
        {
            await ReadAsync(prefix);
            length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        }

        byte[] message = new byte[length];
        await ReadAsync(message);
        return message;
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync(Memory<byte> bytes)
    {
        using var timeout = new CancellationTokenSource(s_limit);
        while (!bytes.IsEmpty)
        {
            int count = await _socket.ReceiveAsync(bytes, SocketFlags.None, timeout.Token);
            if (count == 0)
                throw new EndOfStreamException("torrentps closed the connection.");
            bytes = bytes[count..];
        }
    }
}
