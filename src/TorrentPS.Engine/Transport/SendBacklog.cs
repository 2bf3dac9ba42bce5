using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Transport;

/// <summary>
/// Bounds the unsent bytes that the system buffers for a connection. The system's send buffer grows to megabytes. On a
/// slow uplink that delays requests and chokes by seconds, and a cancel comes too late.
/// </summary>
internal static class SendBacklog
{
    /// <summary>
    /// Maximum bytes that the system holds and has not sent. Bytes in flight do not count, so that fast and distant
    /// links stay full. 128 KiB last 1 ms at 1 Gbit/s and one second at 1 Mbit/s.
    /// </summary>
    public const int MaxUnsentBytes = 128 * 1024;

    private const int Tcp = 6;

    /// <summary>
    /// The option <c>TCP_NOTSENT_LOWAT</c> on Linux and macOS. Windows limits its send backlog by itself.
    /// </summary>
    private const int OnLinux = 25;
    private const int OnMacOS = 0x201;

    /// <summary>Sets the limit where the system supports it, and ignores an error.</summary>
    public static void Apply(Socket socket)
    {
        int option = OperatingSystem.IsLinux() ? OnLinux : OperatingSystem.IsMacOS() ? OnMacOS : 0;
        if (option == 0)
            return;
        int limit = MaxUnsentBytes;
        try
        {
            socket.SetRawSocketOption(
                Tcp, option, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref limit, 1)));
        }
        catch (SocketException)
        {
            // The option is not available, for example on an old system or in a sandbox. The connection works without
            // it.
        }
    }
}
