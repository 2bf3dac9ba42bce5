using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The sockets of one multicast group: one socket that receives on all interfaces, and one per interface for sending.
/// </summary>
internal sealed class MulticastGroup : IDisposable
{
    private readonly IPEndPoint _group;
    private readonly Socket _receiver;
    private readonly Dictionary<MulticastInterface, Socket> _senders = [];

    private MulticastGroup(IPEndPoint group, Socket receiver)
    {
        _group = group;
        _receiver = receiver;
    }

    public IPAddress Address => _group.Address;

    /// <summary>The interfaces on which the group was joined.</summary>
    public IEnumerable<MulticastInterface> Interfaces => _senders.Keys;

    /// <summary>Binds to the group's port, which other programs can bind too.</summary>
    /// <returns>The group; null if the port can't be bound.</returns>
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

    /// <summary>
    /// Joins the group on new interfaces, and closes the sockets of interfaces that aren't in the list.
    /// </summary>
    public void Use(IReadOnlyList<MulticastInterface> interfaces)
    {
        foreach (MulticastInterface gone in _senders.Keys.Except(interfaces).ToArray())
        {
            _senders[gone].Dispose();
            _senders.Remove(gone);
        }

        foreach (MulticastInterface one in interfaces)
        {
            if (one.Address.AddressFamily == _group.AddressFamily
                && !_senders.ContainsKey(one)
                && TryJoin(one) is { } sender)
                _senders.Add(one, sender);
        }
    }

    /// <summary>
    /// Sends a packet on every interface. Errors are ignored: a network that is down may be up the next time.
    /// </summary>
    public void Send(byte[] packet)
    {
        foreach (Socket sender in _senders.Values)
        {
            try
            {
                sender.SendTo(packet, _group);
            }
            catch (SocketException)
            {
                // The network is down or does not support multicast.
            }
        }
    }

    /// <summary>
    /// Receives the next packet addressed to the group. Drops truncated packets. Also drops packets addressed to this
    /// host instead of the group, because BEP 14 uses multicast only.
    /// </summary>
    /// <exception cref="SocketException">The socket failed.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<(int Length, IPEndPoint From)> ReceiveAsync(
        Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            SocketReceiveMessageFromResult result = await _receiver.ReceiveMessageFromAsync(
                buffer, SocketFlags.None, new IPEndPoint(_group.Address, 0), cancellation);
            bool isWhole = (result.SocketFlags & SocketFlags.Truncated) == 0;
            if (isWhole && result.PacketInformation.Address.Equals(_group.Address))
                return (result.ReceivedBytes, (IPEndPoint)result.RemoteEndPoint);
        }
    }

    /// <summary>Closes all sockets.</summary>
    public void Dispose()
    {
        _receiver.Dispose();
        foreach (Socket sender in _senders.Values)
            sender.Dispose();
    }

    private Socket? TryJoin(MulticastInterface one)
    {
        var sender = new Socket(_group.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            sender.Bind(new IPEndPoint(one.Address, 0));
            if (_group.AddressFamily == AddressFamily.InterNetwork)
            {
                sender.SetSocketOption(
                    SocketOptionLevel.IP, SocketOptionName.MulticastInterface, one.Address.GetAddressBytes());
                Join(SocketOptionLevel.IP, new MulticastOption(_group.Address, one.Address));
            }
            else
            {
                sender.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, one.Index);
                Join(SocketOptionLevel.IPv6, new IPv6MulticastOption(_group.Address, one.Index));
            }

            return sender;
        }
        catch (SocketException)
        {
            sender.Dispose();
            return null;
        }
    }

    /// <summary>
    /// Joins the group on an interface. An error is ignored if the group is joined there already, which happens when
    /// an interface comes back.
    /// </summary>
    private void Join(SocketOptionLevel level, object membership)
    {
        try
        {
            _receiver.SetSocketOption(level, SocketOptionName.AddMembership, membership);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // The group is joined on this interface already.
        }
    }
}
