using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Discovery;

/// <summary>The sockets of one multicast group: one that hears on all interfaces, and one per interface that speaks.</summary>
internal sealed class MulticastGroup : IDisposable
{
    private readonly IPEndPoint _group;
    private readonly Socket _ear;
    private readonly Dictionary<MulticastInterface, Socket> _mouths = [];

    private MulticastGroup(IPEndPoint group, Socket ear)
    {
        _group = group;
        _ear = ear;
    }

    /// <summary>The group's address.</summary>
    public IPAddress Address => _group.Address;

    /// <summary>The interfaces that it was joined on.</summary>
    public IEnumerable<MulticastInterface> Interfaces => _mouths.Keys;

    /// <summary>Opens a group's port, which other programs may share.</summary>
    /// <returns>The group, or null when the system refuses.</returns>
    public static MulticastGroup? TryOpen(IPEndPoint group)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(group.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            bool isV6 = group.AddressFamily == AddressFamily.InterNetworkV6;
            if (isV6)
                socket.DualMode = false;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(isV6 ? IPAddress.IPv6Any : IPAddress.Any, group.Port));
            return new MulticastGroup(group, socket);
        }
        catch (SocketException)
        {
            socket?.Dispose();
            return null;
        }
    }

    /// <summary>Joins on the interfaces given that are new, and leaves those that are gone.</summary>
    public void Use(IReadOnlyList<MulticastInterface> interfaces)
    {
        foreach (MulticastInterface gone in _mouths.Keys.Except(interfaces).ToArray())
        {
            _mouths[gone].Dispose();
            _mouths.Remove(gone);
        }

        foreach (MulticastInterface one in interfaces)
        {
            if (one.Address.AddressFamily == _group.AddressFamily && !_mouths.ContainsKey(one) && TryJoin(one) is { } mouth)
                _mouths.Add(one, mouth);
        }
    }

    /// <summary>Sends a packet into every network. A network that is down now may be up the next time.</summary>
    public void Send(byte[] packet)
    {
        foreach (Socket mouth in _mouths.Values)
        {
            try
            {
                mouth.SendTo(packet, _group);
            }
            catch (SocketException)
            {
                // Nobody hears it there.
            }
        }
    }

    /// <summary>Waits for the next packet to the group; those sent to this machine alone come from who knows where, and are passed over.</summary>
    /// <exception cref="SocketException">The socket failed.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public async ValueTask<(int Length, IPEndPoint From)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            SocketReceiveMessageFromResult result = await _ear.ReceiveMessageFromAsync(buffer, SocketFlags.None, new IPEndPoint(_group.Address, 0), cancellation);
            if (result.PacketInformation.Address.Equals(_group.Address) && (result.SocketFlags & SocketFlags.Truncated) == 0)
                return (result.ReceivedBytes, (IPEndPoint)result.RemoteEndPoint);
        }
    }

    /// <summary>Closes all sockets.</summary>
    public void Dispose()
    {
        _ear.Dispose();
        foreach (Socket mouth in _mouths.Values)
            mouth.Dispose();
    }

    private Socket? TryJoin(MulticastInterface one)
    {
        var mouth = new Socket(_group.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            mouth.Bind(new IPEndPoint(one.Address, 0));
            if (_group.AddressFamily == AddressFamily.InterNetwork)
            {
                mouth.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, one.Address.GetAddressBytes());
                Join(SocketOptionLevel.IP, new MulticastOption(_group.Address, one.Address));
            }
            else
            {
                mouth.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, one.Index);
                Join(SocketOptionLevel.IPv6, new IPv6MulticastOption(_group.Address, one.Index));
            }

            return mouth;
        }
        catch (SocketException)
        {
            mouth.Dispose();
            return null;
        }
    }

    /// <summary>An interface that went and came back may still be joined.</summary>
    private void Join(SocketOptionLevel level, object membership)
    {
        try
        {
            _ear.SetSocketOption(level, SocketOptionName.AddMembership, membership);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // It hears there already.
        }
    }
}
