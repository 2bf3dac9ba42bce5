using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The sockets of one multicast group: one socket that receives on all interfaces, and one sending socket per
/// interface.
/// </summary>
internal sealed class MulticastGroup : IDisposable
{
    private readonly IPEndPoint _group;
    private readonly NetworkBinding _binding;
    private readonly Socket _receiver;
    private readonly Dictionary<MulticastInterface, Socket> _senders = [];
    private volatile LocalSubnets[] _subnets = [];

    private MulticastGroup(IPEndPoint group, Socket receiver, NetworkBinding binding)
    {
        _group = group;
        _binding = binding;
        _receiver = receiver;
    }

    public IPAddress Address => _group.Address;

    public IEnumerable<MulticastInterface> Interfaces => _senders.Keys;

    /// <summary>
    /// Opens a socket that receives on the group's port. Other programs can use the same port. Returns null if the port
    /// cannot be bound.
    /// </summary>
    public static MulticastGroup? TryOpen(IPEndPoint group, NetworkBinding binding)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(group.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            bool isV6 = group.AddressFamily == AddressFamily.InterNetworkV6;
            if (isV6)
                socket.DualMode = false;
            binding.BindInterface(socket);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(isV6 ? IPAddress.IPv6Any : IPAddress.Any, group.Port));
            return new MulticastGroup(group, socket, binding);
        }
        catch (SocketException)
        {
            socket?.Dispose();
            return null;
        }
    }

    /// <summary>
    /// Joins the group on each interface that is new in the list. Closes the socket of each interface that is no longer
    /// in the list.
    /// </summary>
    public void Use(IReadOnlyList<MulticastInterface> interfaces)
    {
        _subnets = [.. interfaces.Select(one => LocalSubnets.Of(one.Address))];
        foreach (MulticastInterface removed in _senders.Keys.Except(interfaces).ToArray())
        {
            _senders[removed].Dispose();
            _senders.Remove(removed);
        }

        foreach (MulticastInterface added in interfaces)
        {
            if (added.Address.AddressFamily == _group.AddressFamily
                && !_senders.ContainsKey(added)
                && TryJoin(added) is { } sender)
                _senders.Add(added, sender);
        }
    }

    /// <summary>
    /// Sends a packet on every interface. Errors are ignored, because a network that is down may be up when the next
    /// packet is sent.
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
    /// Receives the next packet addressed to the group. Drops truncated packets, and packets whose source is outside
    /// the networks of the interfaces. Also drops packets that were addressed to this host alone, because BEP 14 uses
    /// only multicast.
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
            var from = (IPEndPoint)result.RemoteEndPoint;
            if (isWhole && result.PacketInformation.Address.Equals(_group.Address) && IsNeighbour(from.Address))
                return (result.ReceivedBytes, from);
        }
    }

    private bool IsNeighbour(IPAddress address) => _subnets.Any(subnets => subnets.Contains(address));

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
            _binding.BindInterface(sender);
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
    /// Joins the group on an interface. Does nothing if the group was already joined on the interface, for example
    /// before the interface went down and came up again.
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
