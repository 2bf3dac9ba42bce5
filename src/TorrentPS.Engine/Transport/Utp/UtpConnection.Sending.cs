using TorrentPS.Protocol.Utp;

namespace TorrentPS.Engine.Transport.Utp;

internal sealed partial class UtpConnection
{
    /// <summary>
    /// A packet counts as lost when a packet has arrived that was sent this number of transmissions later. BEP 29 and
    /// TCP use three.
    /// </summary>
    private const int ReorderThreshold = 3;

    /// <summary>
    /// Time after <see cref="Shutdown"/> within which the peer must acknowledge the remaining bytes and end its stream.
    /// After this time, the connection is reset.
    /// </summary>
    private const long LingerTime = 60 * UtpTime.Second;

    private SentPackets _packets;
    private ByteRing _unacknowledged;
    private uint _peerWindow;

    /// <summary>Position in the stream of the first byte that was not sent yet.</summary>
    private long _unsent;

    /// <summary>Position in the stream up to which the peer's receive buffer has room.</summary>
    private long _windowEnd;

    private long _order, _deliveredOrder, _recoveryOrder, _reorderWindow, _lastSent;
    private long _probeAt = UtpTime.Never, _lingerAt = UtpTime.Never;
    private int _inFlight, _lost, _duplicates;
    private bool _isShutdown, _isFinSent, _mayProbe, _isFull, _isProbing;

    /// <summary>Whether <see cref="Write"/> accepts bytes.</summary>
    public bool CanWrite => State == UtpState.Connected && !_isShutdown && Room > 0;

    /// <summary>Whether <see cref="Shutdown"/> was called.</summary>
    public bool IsShutdown => _isShutdown;

    private int Room => Math.Min(
        SendCapacity - _unacknowledged.Count, MaxUnsent - (int)(_unacknowledged.End - _unsent));

    /// <summary>Accepts bytes to be sent. The caller then calls <see cref="Flush"/>.</summary>
    /// <returns>The number of accepted bytes; 0 while <see cref="CanWrite"/> is false.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (!CanWrite)
            return 0;
        int count = Math.Min(bytes.Length, Room);
        _unacknowledged.Append(bytes[..count]);
        return count;
    }

    /// <summary>
    /// Ends both streams. Accepted bytes are still sent, followed by a FIN packet. Received bytes are discarded from
    /// now on. A connection that is not open yet is aborted.
    /// </summary>
    public void Shutdown(long now)
    {
        if (State is UtpState.Connecting or UtpState.HalfOpen)
            Abort(now);
        if (_isShutdown)
            return;
        _isShutdown = _isDiscarding = true;
        _unread.Release();
        _lingerAt = now + LingerTime;
    }

    private void AddSyn(long now)
    {
        ref SentPacket packet = ref _packets.Add();
        packet.IsLost = true;
        _lost++;
        _timeoutAt = now + _time.Timeout;
        Flush(now);
    }

    private void OnAcknowledgement(in UtpPacket packet, int acknowledged, long now)
    {
        int before = _inFlight;
        int bytes = 0;
        for (int i = 0; i < acknowledged; i++)
        {
            ref SentPacket first = ref _packets[_packets.First];
            bytes += Deliver(ref first, now);
            _unacknowledged.RemoveUntil(first.Position + first.Length);
            _packets.RemoveFirst();
        }

        if (acknowledged >= 0)
        {
            CountDuplicates(packet, acknowledged);
            _peerWindow = packet.Header.WindowSize;
            _windowEnd = Math.Max(_windowEnd, _unacknowledged.Start + _peerWindow);
            if (_peerWindow > 0)
                _probeAt = UtpTime.Never;
            bytes += DeliverSelected(packet.SelectiveAck, now);
        }

        DetectLosses(now);
        if (acknowledged > 0)
            _timeoutAt = _packets.Count == 0 ? UtpTime.Never : now + _time.Timeout;
        if (bytes > 0)
        {
            bool isFull = _isFull || before + PayloadLength > _window.Size;
            _window.OnAcknowledged(bytes, isFull, _delays.QueueingDelay, PayloadLength, _time, now);
        }
    }

    private int DeliverSelected(ReadOnlySpan<byte> bits, long now)
    {
        int bytes = 0;
        for (int i = 0; i < bits.Length * 8; i++)
        {
            ushort sequence = (ushort)(_packets.First + 1 + i);
            if ((bits[i / 8] & (1 << (i % 8))) != 0 && _packets.Contains(sequence))
                bytes += Deliver(ref _packets[sequence], now);
        }

        return bytes;
    }

    /// <summary>Records that a sent packet has arrived.</summary>
    /// <returns>Length of the packet's payload; 0 if the arrival was already known.</returns>
    private int Deliver(ref SentPacket packet, long now)
    {
        if (packet.IsAcknowledged)
            return 0;
        packet.IsAcknowledged = true;
        if (packet.IsLost)
            _lost--;
        else
            _inFlight -= packet.Length;
        packet.IsLost = false;
        long age = now - packet.SentAt;
        if (packet.Transmissions == 1)
            _time.Add(age);

        // An acknowledgement that arrives in less than a round-trip time is for an earlier transmission. The packet was
        // not lost, only late.
        if (packet.Transmissions > 1 && age < _time.Shortest)
            _reorderWindow = Math.Min(_reorderWindow + (_time.Shortest / 4), _time.Smoothed);
        else
            _deliveredOrder = Math.Max(_deliveredOrder, packet.Order);
        if (packet.IsProbe)
        {
            _isProbing = false;
            _mtu.OnArrived(packet.Length + UtpHeader.Length);
        }

        return packet.Length;
    }

    /// <summary>
    /// Counts repeated acknowledgements without selective acknowledgement. At the third, the oldest packet counts as
    /// lost.
    /// </summary>
    private void CountDuplicates(in UtpPacket packet, int acknowledged)
    {
        bool isDuplicate = acknowledged == 0 && _packets.Count > 0 && packet.Header.Type == UtpPacketType.State
            && packet.SelectiveAck.IsEmpty && packet.Header.WindowSize == _peerWindow;
        _duplicates = isDuplicate ? _duplicates + 1 : 0;
        if (_duplicates == ReorderThreshold)
            _deliveredOrder = Math.Max(_deliveredOrder, _packets[_packets.First].Order + ReorderThreshold);
    }

    /// <summary>
    /// Marks a packet as lost if a packet has arrived that was sent <see cref="ReorderThreshold"/> or more
    /// transmissions later. If packets were only late before, more than a round-trip time must also have passed since
    /// the packet was sent.
    /// </summary>
    private void DetectLosses(long now)
    {
        for (int i = 0; i < _packets.Count; i++)
        {
            ref SentPacket packet = ref _packets[(ushort)(_packets.First + i)];
            if (packet.IsAcknowledged || packet.IsLost)
                continue;
            if (packet.Transmissions == 1 && packet.Order > _deliveredOrder)
                break;
            if (packet.Order + ReorderThreshold > _deliveredOrder
                || (_reorderWindow > 0 && now - packet.SentAt < _time.Smoothed + _reorderWindow))
                continue;
            Lose(ref packet);
            if (packet.IsProbe)
            {
                OnProbeLost(ref packet);
            }
            else if (packet.Order > _recoveryOrder)
            {
                _recoveryOrder = _order;
                _window.OnLoss(PayloadLength, _time, now);
            }
        }
    }

    private void Lose(ref SentPacket packet)
    {
        packet.IsLost = true;
        _lost++;
        _inFlight -= packet.Length;
    }

    private void OnProbeLost(ref SentPacket packet)
    {
        packet.IsProbe = _isProbing = false;
        _mtu.OnLost(packet.Length + UtpHeader.Length);
    }

    /// <summary>Handles the time-out of a probe, which is not a sign of congestion.</summary>
    /// <returns>False if the oldest packet is not a probe, or has arrived.</returns>
    private bool LoseProbe(long now)
    {
        if (_packets.Count == 0)
            return false;
        ref SentPacket first = ref _packets[_packets.First];
        if (!first.IsProbe || first.IsAcknowledged)
            return false;
        if (!first.IsLost)
            Lose(ref first);
        OnProbeLost(ref first);
        _timeoutAt = now + _time.Timeout;
        return true;
    }

    private void LoseAll(long now)
    {
        for (int i = 0; i < _packets.Count; i++)
        {
            ref SentPacket packet = ref _packets[(ushort)(_packets.First + i)];
            if (packet.IsProbe)
                OnProbeLost(ref packet);
            if (!packet.IsAcknowledged && !packet.IsLost)
                Lose(ref packet);
        }

        _recoveryOrder = _order;
        _duplicates = 0;

        // A peer whose receive buffer is full takes no bytes. Packets to it time out without congestion.
        if (_peerWindow > 0)
            _window.OnTimeout(PayloadLength);
    }

    private void SendPackets(long now)
    {
        if (_lost > 0)
            SendLost(now);
        if (_lost == 0 && State == UtpState.Connected)
            SendNew(now);
    }

    private void SendLost(long now)
    {
        for (int i = 0; i < _packets.Count && _lost > 0; i++)
        {
            ushort sequence = (ushort)(_packets.First + i);
            ref SentPacket packet = ref _packets[sequence];
            if (!packet.IsLost)
                continue;
            if (_inFlight > 0 && _inFlight + packet.Length > _window.Size)
                return;
            packet.IsLost = false;
            _lost--;
            if (packet.Transmissions > 0)
                Retransmissions++;
            Transmit(ref packet, sequence, now);
        }
    }

    private void SendNew(long now)
    {
        if (_inFlight == 0 && _packets.Count == 0 && _lastSent != 0 && now - _lastSent > _time.Timeout)
            _window.OnIdle(PayloadLength);
        _isFull = false;
        while (_packets.Count < SentPackets.Maximum)
        {
            int available = (int)Math.Min(_unacknowledged.End - _unsent, int.MaxValue);
            if (available == 0)
                break;
            int full = PayloadLength;
            int length = Math.Min(available, full);
            if (_inFlight > 0 && _inFlight + length > _window.Size)
            {
                _isFull = true;
                return;
            }

            long room = _windowEnd - _unsent;
            if (room < length && !TryFit(ref length, room, now))
                return;
            bool isProbe = TryProbe(ref length, available, room);
            if (!SendPacket(length, isProbe, now) && isProbe)
                continue;
        }

        if (_isShutdown && !_isFinSent && _unsent == _unacknowledged.End && _packets.Count < SentPackets.Maximum)
        {
            _isFinSent = true;
            ref SentPacket fin = ref _packets.Add();
            fin.IsFin = true;
            fin.Position = _unsent;
            Transmit(ref fin, (ushort)(_packets.Next - 1), now);
            StartTimeout(now);
        }
    }

    /// <summary>
    /// Shortens a packet to the room in the peer's receive buffer. While there is no room, a packet of one byte is sent
    /// at intervals. Its acknowledgement contains the current room.
    /// </summary>
    private bool TryFit(ref int length, long room, long now)
    {
        if (_packets.Count > 0)
            return false;
        if (room > 0)
        {
            length = (int)room;
            return true;
        }

        if (_mayProbe)
        {
            _mayProbe = false;
            length = 1;
            return true;
        }

        if (_probeAt == UtpTime.Never)
            _probeAt = now + _time.Timeout;
        return false;
    }

    private bool TryProbe(ref int length, int available, long room)
    {
        int probe = _mtu.NextProbe - UtpHeader.Length;
        if (_isProbing || probe <= length || probe > Math.Min(available, room) || _inFlight + probe > _window.Size)
            return false;
        length = probe;
        return true;
    }

    private bool SendPacket(int length, bool isProbe, long now)
    {
        ref SentPacket packet = ref _packets.Add();
        packet.Position = _unsent;
        packet.Length = length;
        packet.IsProbe = isProbe;
        _isProbing |= isProbe;
        if (!Transmit(ref packet, (ushort)(_packets.Next - 1), now))
        {
            // The probe is longer than the local link allows, and was not sent.
            _inFlight -= length;
            OnProbeLost(ref packet);
            _packets.RemoveLast();
            return false;
        }

        _unsent += length;
        StartTimeout(now);
        return true;
    }

    private void StartTimeout(long now)
    {
        if (_timeoutAt == UtpTime.Never)
            _timeoutAt = now + _time.Timeout;
    }

    private bool Transmit(ref SentPacket packet, ushort sequence, long now)
    {
        packet.SentAt = _lastSent = now;
        packet.Order = ++_order;
        packet.Transmissions++;
        _inFlight += packet.Length;
        UtpPacketType type = State == UtpState.Connecting
            ? UtpPacketType.Syn
            : packet.IsFin ? UtpPacketType.Fin : UtpPacketType.Data;
        Span<byte> header = stackalloc byte[UtpHeader.Length];
        UtpPacket.WriteHeader(header, Header(type, sequence, now));
        _unacknowledged.Get(
            packet.Position, packet.Length, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second);
        return _output.Send(_remote, header, first, second, packet.IsProbe && packet.Transmissions == 1);
    }
}
