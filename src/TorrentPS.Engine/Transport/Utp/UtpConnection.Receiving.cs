using TorrentPS.Protocol.Utp;

namespace TorrentPS.Engine.Transport.Utp;

internal sealed partial class UtpConnection
{
    /// <summary>
    /// Maximum time until a received packet is acknowledged. It is far below the minimum time-out of senders, 500 ms.
    /// </summary>
    private const long AckDelay = 10 * UtpTime.Millisecond;

    /// <summary>
    /// Number of packets received in order after which an acknowledgement is sent at once. Fewer packets are
    /// acknowledged after <see cref="AckDelay"/>.
    /// </summary>
    private const int PacketsPerAck = 2;

    private readonly ReorderBuffer _reorder;
    private ByteRing _unread;
    private ushort _inOrder;
    private ushort _finSequence;
    private bool _hasFin, _ackNow, _isDiscarding;
    private int _unacked;
    private int _advertised = ReceiveCapacity;
    private long _ackAt = UtpTime.Never;

    /// <summary>Whether bytes can be read.</summary>
    public bool CanRead => _unread.Count > 0;

    /// <summary>Whether the peer's stream has ended: all bytes before its FIN packet have arrived.</summary>
    public bool IsPeerDone => _hasFin && _inOrder == _finSequence;

    private int Free => Math.Max(0, ReceiveCapacity - _unread.Count);

    /// <summary>Copies received bytes to a buffer. The caller then calls <see cref="Flush"/>.</summary>
    /// <returns>The number of bytes; 0 if none has arrived.</returns>
    public int Read(Span<byte> destination)
    {
        int count = _unread.Read(destination);
        if (State == UtpState.Closed && _unread.Count == 0)
            _unread.Release();

        // The peer may wait for room in the buffer. The acknowledgement tells it that a quarter of the buffer has
        // become free.
        if (_advertised < ReceiveCapacity / 2 && Free - _advertised >= ReceiveCapacity / 4)
            _ackNow = true;
        return count;
    }

    private bool IsInReach(ushort sequence)
    {
        int distance = UtpSequence.Distance(_inOrder, sequence);
        return distance is > -ReorderBuffer.MaxDistance and <= ReorderBuffer.MaxDistance;
    }

    private void Receive(in UtpPacket packet, long now)
    {
        ushort sequence = packet.Header.SequenceNumber;
        int distance = UtpSequence.Distance(_inOrder, sequence);
        bool isFin = packet.Header.Type == UtpPacketType.Fin;
        ReadOnlySpan<byte> payload = isFin || _isDiscarding ? [] : packet.Payload;
        if (distance <= 0 || _reorder.Contains(sequence) || IsAfterFin(sequence)
            || _reorder.Bytes + payload.Length > Free || IsPeerDone)
        {
            _ackNow = true;
            return;
        }

        if (isFin && !_hasFin)
        {
            _hasFin = true;
            _finSequence = sequence;
        }

        if (distance > 1)
        {
            _reorder.TryAdd(_inOrder, sequence, payload);
            _ackNow = true;
            return;
        }

        Append(payload);
        _unacked++;

        // While there is a gap, each packet is acknowledged at once. Otherwise the sender would halve its window for
        // packets that are only late.
        _ackNow |= _reorder.Count > 0 || isFin;
        while (!IsPeerDone && _reorder.Contains((ushort)(_inOrder + 1)))
        {
            ushort next = (ushort)(_inOrder + 1);
            Append(_reorder.Get(next));
            _reorder.Remove(next);
        }

        // A hostile peer may have sent packets with sequence numbers after its FIN packet. They are dropped.
        if (IsPeerDone)
            _reorder.Release();
        if (_unacked >= PacketsPerAck)
            _ackNow = true;
        else if (_ackAt == UtpTime.Never)
            _ackAt = now + AckDelay;
    }

    private void Append(ReadOnlySpan<byte> payload)
    {
        if (!_isDiscarding)
            _unread.Append(payload);
        _inOrder++;
    }

    private bool IsAfterFin(ushort sequence) => _hasFin && UtpSequence.Distance(_finSequence, sequence) > 0;

    private void SendAcknowledgement(long now)
    {
        if (_reorder.Count == 0)
        {
            SendControl(UtpPacketType.State, _packets.Next, now);
            return;
        }

        Span<byte> bits = stackalloc byte[UtpPacket.MaxSelectiveAckLength];
        int length = _reorder.WriteSelectiveAck(_inOrder, bits);
        Span<byte> packet = stackalloc byte[UtpHeader.Length + 2 + UtpPacket.MaxSelectiveAckLength];
        UtpHeader header = Header(UtpPacketType.State, _packets.Next, now);
        _output.Send(_remote, packet[..UtpPacket.WriteHeader(packet, header, bits[..length])], [], [], false);
    }

    private void SendControl(UtpPacketType type, ushort sequence, long now)
    {
        Span<byte> packet = stackalloc byte[UtpHeader.Length];
        UtpPacket.WriteHeader(packet, Header(type, sequence, now));
        _output.Send(_remote, packet, [], [], false);
    }

    /// <summary>
    /// Creates the header of a packet that is sent now. The header acknowledges the received packets.
    /// </summary>
    private UtpHeader Header(UtpPacketType type, ushort sequence, long now)
    {
        _advertised = Free;
        _keepAliveAt = now + KeepAlive;
        if (_reorder.Count == 0 || type == UtpPacketType.State)
        {
            _ackNow = false;
            _ackAt = UtpTime.Never;
            _unacked = 0;
        }

        return new UtpHeader(
            type,
            type == UtpPacketType.Syn ? ReceiveId : _sendId,
            (uint)now,
            _timestampDifference,
            (uint)_advertised,
            sequence,
            _inOrder);
    }
}
