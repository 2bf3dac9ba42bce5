using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Receives all local announces with a socket of its own.</summary>
internal sealed class LsdReceiver : IDisposable
{
    private readonly Socket _socket;
    private readonly List<InfoHash> _heard = [];

    public LsdReceiver(IPAddress network)
    {
        bool isV6 = network.AddressFamily == AddressFamily.InterNetworkV6;
        _socket = new Socket(network.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(isV6 ? IPAddress.IPv6Any : IPAddress.Any, LsdMessage.Port));
        if (isV6)
            _socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(
                LsdMessage.GroupIPv6, MulticastInterfaces.Find(new NetworkBinding(network))[0].Index));
        else
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(
                LsdMessage.GroupIPv4, network));
    }

    /// <summary>All torrents announced until now.</summary>
    public IReadOnlyList<InfoHash> Received
    {
        get
        {
            byte[] buffer = new byte[2000];
            while (_socket.Available > 0)
                Note(buffer.AsSpan(0, _socket.Receive(buffer)));
            return _heard;
        }
    }

    /// <summary>Waits until a torrent is announced.</summary>
    public async Task ExpectAsync(InfoHash awaited)
    {
        byte[] buffer = new byte[2000];
        while (!_heard.Contains(awaited))
            Note(buffer.AsSpan(0, await _socket.ReceiveAsync(buffer)));
    }

    public void Dispose() => _socket.Dispose();

    private void Note(ReadOnlySpan<byte> packet) => _heard.AddRange(LsdMessage.TryParse(packet)?.InfoHashes ?? []);
}
