namespace TorrentPS.Engine.Transport.Utp;

/// <summary>Sends the packets of uTP connections.</summary>
internal interface IUtpOutput
{
    /// <summary>Sends a packet. The packet may be lost.</summary>
    /// <param name="to">The receiver's address.</param>
    /// <param name="header">The header.</param>
    /// <param name="first">The first part of the payload.</param>
    /// <param name="second">The rest of the payload.</param>
    /// <param name="isProbe">
    /// Whether the packet is a probe (<see cref="PathMtu"/>), which routers must not fragment.
    /// </param>
    /// <returns>False if the packet is a probe and longer than the local link allows.</returns>
    bool Send(
        in UdpAddress to,
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        bool isProbe);
}
