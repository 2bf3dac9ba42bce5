using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// Receives packets from a UDP socket. On Linux, the system joins consecutive packets of one length from one sender, so
/// that one call receives many of them (UDP receive offload).
/// </summary>
internal sealed partial class UdpReceiver
{
    /// <summary>Number of the socket option and of the control message UDP_GRO on Linux.</summary>
    private const int ReceiveOffload = 104;

    private const int UdpLevel = 17;
    private const int DontWait = 0x40;

    /// <summary>Room for one control message with the length of the joined packets.</summary>
    private const int ControlLength = 64;

    /// <summary>
    /// Offsets in a control message of a 64-bit system (<c>cmsghdr</c>): its level, its type and its data.
    /// </summary>
    private const int ControlLevel = 8, ControlType = 12, ControlData = 16;

    private readonly Socket _socket;
    private readonly SocketAddress _address;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(UdpSender.MaxPacket, pinned: true);
    private readonly byte[] _name = GC.AllocateArray<byte>(32, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(ControlLength, pinned: true);
    private readonly byte[] _peek = new byte[1];
    private readonly bool _canJoin;
    private int _received;

    public UdpReceiver(Socket socket)
    {
        _socket = socket;
        _address = new IPEndPoint(
            socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0).Serialize();
        _canJoin = OperatingSystem.IsLinux() && Environment.Is64BitProcess && BitConverter.IsLittleEndian
            && TryEnable(socket);
    }

    /// <summary>Waits until a packet has arrived. It may be lost before <see cref="TryReceive"/>.</summary>
    /// <exception cref="SocketException">The system reports an error of the socket.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellation)
    {
        if (_canJoin)
            await _socket.ReceiveFromAsync(_peek, SocketFlags.Peek, _address, cancellation);
        else
            _received = await _socket.ReceiveFromAsync(_buffer, SocketFlags.None, _address, cancellation);
    }

    /// <summary>Receives packets if one has arrived.</summary>
    /// <param name="from">The sender of the packets.</param>
    /// <param name="packets">The packets, one after another. They are valid until the next call.</param>
    /// <param name="length">Length of each packet; the last may be shorter.</param>
    public bool TryReceive(out UdpAddress from, out ReadOnlySpan<byte> packets, out int length)
    {
        if (_canJoin)
            return TryReceiveJoined(out from, out packets, out length);
        from = UdpAddress.Of(_address);
        packets = _buffer.AsSpan(0, _received);
        length = _received;
        _received = 0;
        return length > 0;
    }

    private static bool TryEnable(Socket socket)
    {
        int value = 1;
        try
        {
            socket.SetRawSocketOption(
                UdpLevel, ReceiveOffload, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref value, 1)));
            return true;
        }
        catch (SocketException)
        {
            // The kernel is older than Linux 5.0.
            return false;
        }
    }

    private unsafe bool TryReceiveJoined(out UdpAddress from, out ReadOnlySpan<byte> packets, out int length)
    {
        // The arrays are pinned, so that their addresses don't change.
        var part = new Part { Start = Address(_buffer), Length = (nuint)_buffer.Length };
        var message = new Message
        {
            Name = Address(_name),
            NameLength = (uint)_name.Length,
            Parts = &part,
            PartCount = 1,
            Control = Address(_control),
            ControlLength = ControlLength,
        };
        nint count = ReceiveMessage(_socket.SafeHandle, ref message, DontWait);
        if (count <= 0)
        {
            from = default;
            packets = [];
            length = 0;
            return false;
        }

        from = UdpAddress.Of(_name, _socket.AddressFamily);
        packets = _buffer.AsSpan(0, (int)count);
        length = (int)count;
        if (message.ControlLength > ControlData
            && MemoryMarshal.Read<int>(_control.AsSpan(ControlLevel)) == UdpLevel
            && MemoryMarshal.Read<int>(_control.AsSpan(ControlType)) == ReceiveOffload)
            length = Math.Max(1, MemoryMarshal.Read<int>(_control.AsSpan(ControlData)));
        return true;
    }

    private static unsafe byte* Address(byte[] pinned) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    [LibraryImport("libc", EntryPoint = "recvmsg")]
    private static partial nint ReceiveMessage(SafeSocketHandle socket, ref Message message, int flags);

    /// <summary>The structure <c>iovec</c>.</summary>
    private unsafe struct Part
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>The structure <c>msghdr</c>.</summary>
    private unsafe struct Message
    {
        public byte* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
