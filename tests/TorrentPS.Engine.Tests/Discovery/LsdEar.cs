using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Hears all that is announced in one local network: a bystander with a socket of its own.</summary>
internal sealed class LsdEar : IDisposable
{
    private readonly Socket _socket;

    public LsdEar(IPAddress network)
    {
        bool isV6 = network.AddressFamily == AddressFamily.InterNetworkV6;
        _socket = new Socket(network.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(isV6 ? IPAddress.IPv6Any : IPAddress.Any, LsdMessage.Port));
        if (isV6)
            _socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(LsdMessage.Group6));
        else
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(LsdMessage.Group, network));
    }

    /// <summary>Waits until a torrent is announced.</summary>
    /// <returns>All torrents announced until then, that one included.</returns>
    public async Task<IReadOnlyList<InfoHash>> HearAsync(InfoHash awaited)
    {
        byte[] buffer = new byte[2000];
        var heard = new List<InfoHash>();
        while (!heard.Contains(awaited))
        {
            int length = await _socket.ReceiveAsync(buffer);
            heard.AddRange(LsdMessage.TryParse(buffer.AsSpan(0, length))?.InfoHashes ?? []);
        }

        return heard;
    }

    public void Dispose() => _socket.Dispose();
}
