using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Network;

/// <summary>
/// The local address that a session is bound to. Every outgoing connection of the session is opened by this class, so
/// that none leaves from another address.
/// </summary>
/// <param name="address">The local address; null for any. Its address family is the only one that is used.</param>
internal sealed class NetworkBinding(IPAddress? address)
{
    /// <summary>Creates the binding that a session's settings define.</summary>
    public static NetworkBinding Of(SessionSettings settings) => new(settings.BindAddress);

    /// <summary>No binding: all local addresses are used.</summary>
    public static NetworkBinding Any { get; } = new(null);

    /// <summary>Returns whether the session may use an address family.</summary>
    public bool Allows(AddressFamily family) => address is null || address.AddressFamily == family;

    /// <summary>Opens a socket for one destination, bound to the local address.</summary>
    /// <exception cref="SocketException">
    /// The session must not use the address family of the destination, or the socket can't be bound.
    /// </exception>
    public Socket Open(IPEndPoint destination, SocketType type, ProtocolType protocol)
    {
        if (!Allows(destination.AddressFamily))
            throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        var socket = new Socket(destination.AddressFamily, type, protocol);
        try
        {
            if (address is not null)
                socket.Bind(new IPEndPoint(address, 0));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Opens a TCP connection, bound to the local address.</summary>
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
}
