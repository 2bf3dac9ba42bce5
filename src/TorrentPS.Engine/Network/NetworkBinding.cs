using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Network;

/// <summary>
/// The local address or the network interface to which a session is bound. This class binds every socket of the
/// session, so that no packet leaves the machine from another address or over another interface. Thread-safe.
/// </summary>
/// <remarks>
/// On Linux, sockets that connect are bound to an interface (<c>SO_BINDTODEVICE</c>): the interface in the settings, or
/// the interface that has the bind address. If they were bound to an address only, the system would choose the
/// interface by the destination. On other systems, sockets can be bound only to the bind address or to the interface's
/// addresses.
/// </remarks>
internal sealed class NetworkBinding
{
    /// <summary>Number of the socket option level SOL_SOCKET on Linux.</summary>
    private const int SocketLevel = 1;

    /// <summary>Number of the socket option SO_BINDTODEVICE on Linux.</summary>
    private const int BindToDevice = 25;

    /// <summary>Number of the socket option level IPPROTO_IP on Linux.</summary>
    private const int IPLevel = 0;

    /// <summary>Number of the socket option IP_UNICAST_IF on Linux.</summary>
    private const int UnicastInterfaceIPv4 = 50;

    /// <summary>Number of the socket option level IPPROTO_IPV6 on Linux.</summary>
    private const int IPv6Level = 41;

    /// <summary>Number of the socket option IPV6_UNICAST_IF on Linux.</summary>
    private const int UnicastInterfaceIPv6 = 76;

    private static readonly Lazy<bool> s_canBindToDevice = new(ProbeDevice);

    private readonly IPAddress? _address;
    private readonly string? _interface;
    private readonly Func<IReadOnlyList<LocalInterface>> _read;
    private volatile Snapshot _snapshot;

    /// <param name="address">
    /// The local address; null for any. The session then uses only the family of this address.
    /// </param>
    /// <param name="interfaceName">The interface; null for any.</param>
    /// <param name="read">Returns the interfaces that are up; null to read those of the system.</param>
    public NetworkBinding(
        IPAddress? address, string? interfaceName = null, Func<IReadOnlyList<LocalInterface>>? read = null)
    {
        _address = address;
        _interface = interfaceName;
        _read = read ?? LocalInterface.ReadAll;
        _snapshot = new Snapshot(NetworkState.Unbound, []);
        if (IsBound)
            _snapshot = Read();
    }

    /// <summary>Creates the binding that a session's settings define.</summary>
    public static NetworkBinding Of(SessionSettings settings, Func<IReadOnlyList<LocalInterface>>? read = null) =>
        new(settings.BindAddress, settings.Interface, read);

    /// <summary>No binding: all local addresses are used.</summary>
    public static NetworkBinding Any { get; } = new(null);

    public bool IsBound => _address is not null || _interface is not null;

    /// <summary>What sockets are bound to now.</summary>
    public NetworkState State => _snapshot.State;

    /// <summary>
    /// Reads the interfaces of the system again. Sockets that are opened from now on use the new state. Open sockets
    /// keep their binding.
    /// </summary>
    /// <returns>Whether the state has changed.</returns>
    public bool Refresh()
    {
        NetworkState before = State;
        if (IsBound)
            _snapshot = Read();
        return State != before;
    }

    /// <summary>Returns whether the session may use an address family.</summary>
    public bool Allows(AddressFamily family) => State.AddressOf(family) is not null;

    /// <summary>Returns whether the session may use an address of an interface.</summary>
    public bool Contains(string interfaceName, IPAddress address) =>
        (_interface is null || _interface == interfaceName)
        && (_address is null || NetworkState.Matches(address, _address));

    /// <summary>
    /// Returns the name of the interface or the address, as text for the user; empty if the session is not bound.
    /// </summary>
    public override string ToString() => _interface ?? _address?.ToString() ?? "";

    /// <summary>Opens a socket for one destination.</summary>
    /// <remarks>
    /// For a destination on this machine, the socket is bound to the address but not to the interface: the packets do
    /// not leave the machine, and the system delivers them over the loopback interface.
    /// </remarks>
    /// <exception cref="SocketException">
    /// The session must not use the address family of the destination, or the socket can't be bound.
    /// </exception>
    public Socket Open(IPEndPoint destination, SocketType type, ProtocolType protocol)
    {
        Snapshot now = _snapshot;
        bool isLocal = AddressScopes.Of(destination.Address) == AddressScope.Loopback
            || now.Own.Contains(destination.Address);
        var socket = new Socket(destination.AddressFamily, type, protocol);
        return BindOrDispose(socket, () => Bind(socket, now.State, null, isLocal ? null : now.State.Device));
    }

    /// <summary>Opens a TCP connection.</summary>
    /// <exception cref="SocketException">
    /// The destination can't be reached, or the session must not use its address family.
    /// </exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public async Task<Socket> ConnectAsync(IPEndPoint destination, CancellationToken cancellation)
    {
        Socket socket = Open(destination, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(destination, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Binds a UDP socket that can send to any destination. The socket must not be dual-stack.</summary>
    /// <remarks>
    /// With an interface in the settings, packets are received over this interface only. With a bind address but no
    /// interface, packets from programs on this machine are received too.
    /// </remarks>
    /// <exception cref="SocketException">
    /// The port is in use, or the session must not use the socket's address family.
    /// </exception>
    public void BindUdp(Socket socket, int port)
    {
        NetworkState state = State;
        Bind(socket, state, port, _interface is null ? null : state.Device);
        if (_interface is null && state.Device is not null)
            SetUnicastInterface(socket, state.Index);
    }

    /// <summary>Opens a UDP socket of one address family, and binds it as <see cref="BindUdp"/> does.</summary>
    /// <param name="family">The address family.</param>
    /// <param name="port">The local port; 0 for any free port.</param>
    /// <param name="receiveBuffer">Size in bytes of the system's receive buffer for the socket.</param>
    /// <param name="sendBuffer">Size in bytes of the system's send buffer; null for the system's default.</param>
    /// <returns>
    /// Null if the system or this binding does not allow the address family, or the port can't be bound.
    /// </returns>
    public Socket? TryOpenUdp(AddressFamily family, int port, int receiveBuffer, int? sendBuffer = null)
    {
        bool isIPv6 = family == AddressFamily.InterNetworkV6;
        if (isIPv6 ? !Socket.OSSupportsIPv6 : !Socket.OSSupportsIPv4)
            return null;
        Socket? socket = null;
        try
        {
            socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = receiveBuffer };
            if (sendBuffer is { } size)
                socket.SendBufferSize = size;
            if (isIPv6)
                socket.DualMode = false;
            BindUdp(socket, port);
            return socket;
        }
        catch (SocketException)
        {
            socket?.Dispose();
            return null;
        }
    }

    /// <summary>
    /// Binds a multicast socket to the interface in the settings, before the caller binds the socket to an address.
    /// Does nothing if the settings have no interface, because a multicast socket sends over the interface of its
    /// address.
    /// </summary>
    /// <exception cref="SocketException">The interface is not available.</exception>
    public void BindInterface(Socket socket)
    {
        if (_interface is not null && State.Device is { } device)
            SetDevice(socket, device);
    }

    /// <summary>Opens a listening socket on a port, for both address families if both may be used.</summary>
    /// <remarks>
    /// With an interface in the settings, connections are accepted over this interface only. With a bind address but no
    /// interface, programs on this machine can connect too.
    /// </remarks>
    /// <exception cref="SocketException">The port is in use or not allowed.</exception>
    public Socket OpenListener(int port)
    {
        NetworkState state = State;
        bool isDual = IPAddress.Any.Equals(state.IPv4) && IPAddress.IPv6Any.Equals(state.IPv6) && Socket.OSSupportsIPv6;
        AddressFamily family = state.IPv4 is null ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        if (!isDual)
            return OpenListener(state, family, isDual: false, port);
        try
        {
            return OpenListener(state, AddressFamily.InterNetworkV6, isDual: true, port);
        }
        catch (SocketException)
        {
            // IPv6 is disabled, or the port is in use for IPv6 only.
            return OpenListener(state, AddressFamily.InterNetwork, isDual: false, port);
        }
    }

    private Socket OpenListener(NetworkState state, AddressFamily family, bool isDual, int port)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        return BindOrDispose(socket, () =>
        {
            if (isDual)
                socket.DualMode = true;
            Bind(socket, state, port, _interface is null ? null : state.Device);
        });
    }

    private static Socket BindOrDispose(Socket socket, Action bind)
    {
        try
        {
            bind();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <param name="socket">The socket.</param>
    /// <param name="state">The state with the local address to which the socket is bound.</param>
    /// <param name="port">The local port; null to leave the choice to the system when the socket connects.</param>
    /// <param name="device">The interface; null for any.</param>
    private static void Bind(Socket socket, NetworkState state, int? port, string? device)
    {
        IPAddress address = state.AddressOf(socket.AddressFamily)
            ?? throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        if (device is not null)
            SetDevice(socket, device);
        if (port is not null || !(address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            socket.Bind(new IPEndPoint(address, port ?? 0));
    }

    private static void SetDevice(Socket socket, string device) =>
        socket.SetRawSocketOption(SocketLevel, BindToDevice, Encoding.UTF8.GetBytes($"{device}\0"));

    /// <summary>Lets a UDP socket send over one interface only, and receive over any.</summary>
    private static void SetUnicastInterface(Socket socket, int index)
    {
        (int level, int option) = socket.AddressFamily == AddressFamily.InterNetwork
            ? (IPLevel, UnicastInterfaceIPv4)
            : (IPv6Level, UnicastInterfaceIPv6);
        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(value, index);
        socket.SetRawSocketOption(level, option, value);
    }

    /// <summary>
    /// Returns whether this process may bind a socket to an interface. Before Linux 5.7, only root may do that.
    /// </summary>
    private static bool ProbeDevice()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            SetDevice(socket, "lo");
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Snapshot Read()
    {
        IReadOnlyList<LocalInterface> interfaces = _read();
        NetworkState state = _interface is { } name
            ? NetworkState.OfInterface(name, interfaces, s_canBindToDevice.Value)
            : NetworkState.OfAddress(_address!, interfaces, s_canBindToDevice.Value);
        return new Snapshot(state, [.. interfaces.SelectMany(one => one.Addresses)]);
    }

    /// <param name="State">What sockets are bound to.</param>
    /// <param name="Own">All addresses of this machine.</param>
    private sealed record Snapshot(NetworkState State, HashSet<IPAddress> Own);
}
