using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Transport;

/// <summary>
/// Keeps the system from taking more of a connection than it can send soon. Its buffers grow to megabytes, and on a slow uplink all that
/// lies there is seconds away from the wire: a request or choke would wait behind it, and a cancel come too late.
/// </summary>
internal static class SendBacklog
{
    /// <summary>
    /// The most bytes the system holds that it has not sent yet; what is under way is not counted, so that a long and fast link stays
    /// full: 1 ms at 1 Gbit/s, time to come with more, and a second at 1 Mbit/s.
    /// </summary>
    public const int Limit = 128 * 1024;

    private const int Tcp = 6;

    /// <summary><c>TCP_NOTSENT_LOWAT</c> of Linux and of macOS; Windows sizes its backlog by itself.</summary>
    private const int OnLinux = 25;
    private const int OnMacOS = 0x201;

    /// <summary>Sets the limit where the system has one; a system that refuses does without.</summary>
    public static void Bound(Socket socket)
    {
        int option = OperatingSystem.IsLinux() ? OnLinux : OperatingSystem.IsMacOS() ? OnMacOS : 0;
        if (option == 0)
            return;
        int limit = Limit;
        try
        {
            socket.SetRawSocketOption(Tcp, option, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref limit, 1)));
        }
        catch (SocketException)
        {
            // An old system, or one in a sandbox: the connection works all the same.
        }
    }
}
