using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Transport;

/// <summary>Limits the unsent bytes that the system buffers for a connection.</summary>
/// <remarks>
/// Without a limit, the system's send buffer grows to megabytes. On a slow uplink, this client's requests and chokes
/// would then be delayed by seconds. A cancel from a peer would often arrive after the block was passed to the system.
/// </remarks>
internal static class SendBacklog
{
    /// <summary>
    /// Maximum number of bytes that the system has accepted and not sent. At 1 Gbit/s, sending 128 KiB takes 1 ms; at 1
    /// Mbit/s, it takes one second. Bytes that were sent and not yet acknowledged don't count, so the limit doesn't
    /// slow down fast connections over long distances.
    /// </summary>
    public const int MaxUnsentBytes = 128 * 1024;

    private const int Tcp = 6;

    /// <summary>
    /// Number of the socket option <c>TCP_NOTSENT_LOWAT</c> on Linux. Windows has no such option and limits its send
    /// backlog itself.
    /// </summary>
    private const int NotSentLowatLinux = 25;
    /// <summary>Number of the socket option <c>TCP_NOTSENT_LOWAT</c> on macOS.</summary>
    private const int NotSentLowatMacOS = 0x201;

    /// <summary>Sets the limit on Linux and macOS. Errors are ignored.</summary>
    public static void Apply(Socket socket)
    {
        int option = OperatingSystem.IsLinux() ? NotSentLowatLinux : OperatingSystem.IsMacOS() ? NotSentLowatMacOS : 0;
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
