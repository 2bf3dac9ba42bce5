using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// Sends packets over a UDP socket. On Linux, consecutive packets of one length to one receiver are passed to the
/// system in one call, which cuts them into packets (UDP segmentation offload).
/// </summary>
internal sealed class UdpSender : IUtpOutput
{
    /// <summary>Length in bytes of the longest UDP payload.</summary>
    public const int MaxPacket = 65_507;

    /// <summary>Maximum number of packets that Linux accepts in one call (UDP_MAX_SEGMENTS).</summary>
    private const int MaxSegments = 64;

    /// <summary>
    /// Size in bytes of the system's buffers for the socket, as far as the system allows: the packets of several
    /// milliseconds at 1 Gbit/s.
    /// </summary>
    public const int SystemBuffer = 4 * 1024 * 1024;

    /// <summary>Number of the socket option level IPPROTO_UDP.</summary>
    private const int UdpLevel = 17;

    /// <summary>Number of the socket option UDP_SEGMENT on Linux.</summary>
    private const int Segment = 103;

    /// <summary>Number of the socket option IP_MTU_DISCOVER on Linux.</summary>
    private const int MtuDiscoverIPv4 = 10;

    /// <summary>Number of the socket option IPV6_MTU_DISCOVER on Linux.</summary>
    private const int MtuDiscoverIPv6 = 23;

    /// <summary>Value of the option by which routers may fragment packets (IP_PMTUDISC_DONT).</summary>
    private const int MayFragment = 0;

    /// <summary>Value of the option by which packets must not be fragmented (IP_PMTUDISC_PROBE).</summary>
    private const int MustNotFragment = 3;

    private readonly Socket _socket;
    private readonly byte[] _batch = new byte[MaxPacket];
    private readonly SocketAddress _address;
    private bool _canSegment;
    private UdpAddress _to;
    private int _segment, _currentSegment, _length, _count;

    public UdpSender(Socket socket)
    {
        _socket = socket;
        _address = new IPEndPoint(
            socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0).Serialize();
        _canSegment = OperatingSystem.IsLinux() && TrySet(UdpLevel, Segment, 0);
        SetFragmenting(MayFragment);
    }

    /// <inheritdoc/>
    public bool Send(
        in UdpAddress to, ReadOnlySpan<byte> header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isProbe)
    {
        int length = header.Length + first.Length + second.Length;
        bool fits = _count > 0 && !isProbe && _canSegment && to == _to && length <= _segment
            && _count < MaxSegments && _length + length <= MaxPacket;
        if (!fits)
        {
            Flush();
            _to = to;
            _segment = length;
        }

        Span<byte> rest = _batch.AsSpan(_length);
        header.CopyTo(rest);
        first.CopyTo(rest[header.Length..]);
        second.CopyTo(rest[(header.Length + first.Length)..]);
        _length += length;
        _count++;
        if (isProbe)
            return SendProbe();

        // Only the last packet of a call may be shorter.
        if (length < _segment)
            Flush();
        return true;
    }

    /// <summary>Passes the waiting packets to the system.</summary>
    public void Flush()
    {
        if (_count > 1 && _segment != _currentSegment)
        {
            _currentSegment = _segment;
            _canSegment = TrySet(UdpLevel, Segment, _segment);
        }

        if (_count == 0 || Pass() != SocketError.InvalidArgument || _count == 1)
        {
            _length = _count = 0;
            return;
        }

        // The device cannot cut packets, or its packets are shorter: from now on, one call for each packet.
        _canSegment = false;
        TrySet(UdpLevel, Segment, 0);
        for (int start = 0; start < _length; start += _segment)
            Pass(_batch.AsSpan(start, Math.Min(_segment, _length - start)));
        _length = _count = 0;
    }

    private SocketError Pass() => Pass(_batch.AsSpan(0, _length));

    private SocketError Pass(ReadOnlySpan<byte> packets)
    {
        try
        {
            _to.Write(_address);
            _socket.SendTo(packets, SocketFlags.None, _address);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            // No route, or a full queue: the packets are lost. A packet that is too long for the link is reported to
            // the search for the path MTU.
            return error.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    private bool SendProbe()
    {
        SetFragmenting(MustNotFragment);
        SocketError result = Pass();
        SetFragmenting(MayFragment);
        _length = _count = 0;
        return result != SocketError.MessageSize;
    }

    private void SetFragmenting(int value)
    {
        if (OperatingSystem.IsLinux())
        {
            bool isIPv4 = _socket.AddressFamily == AddressFamily.InterNetwork;
            TrySet(isIPv4 ? 0 : 41, isIPv4 ? MtuDiscoverIPv4 : MtuDiscoverIPv6, value);
        }
    }

    private bool TrySet(int level, int option, int value)
    {
        try
        {
            _socket.SetRawSocketOption(
                level, option, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref value, 1)));
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
