using System.Net.Sockets;
using TorrentPS.Protocol.Utp;

namespace TorrentPS.Engine.Transport.Utp;

internal enum UtpState
{
    /// <summary>A SYN packet was sent and is not answered yet.</summary>
    Connecting,

    /// <summary>The peer's SYN packet was answered, and the peer has sent no data yet.</summary>
    HalfOpen,

    Connected,

    /// <summary>Both streams have ended, or the connection failed.</summary>
    Closed,
}

/// <summary>
/// A uTP connection (BEP 29) without socket, clock and lock. The caller passes received packets, the time and bytes to
/// send. The connection sends packets through an <see cref="IUtpOutput"/>. The caller calls <see cref="Flush"/> after
/// each batch of other calls.
/// </summary>
internal sealed partial class UtpConnection
{
    /// <summary>
    /// Size of the receive buffer in bytes. It limits the throughput to one buffer per round-trip time: 160 Mbit/s at
    /// 100 ms.
    /// </summary>
    public const int ReceiveCapacity = 2 * 1024 * 1024;

    /// <summary>
    /// Size of the send buffer in bytes. It holds unacknowledged bytes, and at most <see cref="MaxUnsent"/> bytes that
    /// are not sent yet.
    /// </summary>
    public const int SendCapacity = 2 * 1024 * 1024;

    /// <summary>
    /// Maximum number of accepted bytes that are not sent yet. More bytes would delay urgent messages. TCP connections
    /// have the same limit.
    /// </summary>
    public const int MaxUnsent = SendBacklog.MaxUnsentBytes;

    /// <summary>
    /// Number of consecutive time-outs after which the connection fails: about 30 s without a packet from the peer.
    /// </summary>
    private const int MaxTimeouts = 6;

    /// <summary>Number of SYN packets that are sent before the connection fails, after 7 s.</summary>
    private const int MaxSyns = 3;

    /// <summary>
    /// Time within which the peer must send data after its SYN packet was answered: twice the time in which it sends
    /// SYN packets.
    /// </summary>
    private const long HalfOpenTime = 14 * UtpTime.Second;

    /// <summary>
    /// Time without sent packets after which an acknowledgement is sent, to keep the address mappings of routers alive.
    /// </summary>
    private const long KeepAlive = 29 * UtpTime.Second;

    private readonly IUtpOutput _output;
    private readonly UdpAddress _remote;
    private readonly ushort _sendId;
    private readonly RoundTripTime _time = new();
    private readonly CongestionWindow _window;
    private readonly PathMtu _mtu;
    private readonly DelayHistory _delays = new(), _peerDelays = new();
    private uint _timestampDifference;
    private int _timeouts;
    private long _timeoutAt = UtpTime.Never, _keepAliveAt;

    private UtpConnection(
        IUtpOutput output,
        ReorderBudget budget,
        in UdpAddress remote,
        ushort receiveId,
        ushort sendId,
        ushort firstSequence,
        long now)
    {
        _output = output;
        _reorder = new ReorderBuffer(budget);
        _remote = remote;
        ReceiveId = receiveId;
        _sendId = sendId;
        _packets = new SentPackets(firstSequence);
        _mtu = new PathMtu(remote.IsIPv4 ? PathMtu.MaxLength : PathMtu.MaxLengthIPv6);
        _window = new CongestionWindow(SendCapacity, PayloadLength);
        _keepAliveAt = now + KeepAlive;
    }

    /// <summary>Opens a connection by sending a SYN packet.</summary>
    /// <param name="output">Sends the packets.</param>
    /// <param name="budget">Limits the received packets that wait for an earlier one.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="id">The connection id of received packets; sent packets have the next id.</param>
    /// <param name="sequence">A random sequence number.</param>
    /// <param name="now">The current time.</param>
    public static UtpConnection Connect(
        IUtpOutput output, ReorderBudget budget, in UdpAddress remote, ushort id, ushort sequence, long now)
    {
        var connection = new UtpConnection(output, budget, remote, id, (ushort)(id + 1), sequence, now);
        connection.AddSyn(now);
        return connection;
    }

    /// <summary>Answers a SYN packet.</summary>
    /// <param name="output">Sends the packets.</param>
    /// <param name="budget">Limits the received packets that wait for an earlier one.</param>
    /// <param name="remote">The address from which the SYN packet came.</param>
    /// <param name="syn">The header of the SYN packet.</param>
    /// <param name="sequence">A random sequence number.</param>
    /// <param name="now">The current time.</param>
    public static UtpConnection Accept(
        IUtpOutput output, ReorderBudget budget, in UdpAddress remote, in UtpHeader syn, ushort sequence, long now)
    {
        ushort id = (ushort)(syn.ConnectionId + 1);
        var connection = new UtpConnection(output, budget, remote, id, syn.ConnectionId, sequence, now)
        {
            State = UtpState.HalfOpen,
        };
        connection._inOrder = syn.SequenceNumber;
        connection._peerWindow = syn.WindowSize;
        connection._windowEnd = syn.WindowSize;
        connection._timeoutAt = now + HalfOpenTime;
        connection._ackNow = true;
        connection.MeasureDelay(syn, now);
        connection.Flush(now);
        return connection;
    }

    public UtpState State { get; private set; }

    /// <summary>Why the connection failed; <see cref="SocketError.Success"/> if it didn't.</summary>
    public SocketError Error { get; private set; }

    /// <summary>
    /// Whether the connection is in the list of connections that <see cref="UtpTable.Flush"/> flushes next.
    /// </summary>
    public bool IsTouched { get; set; }

    /// <summary>The connection id of received packets.</summary>
    public ushort ReceiveId { get; }

    /// <summary>The connection id of sent packets.</summary>
    public ushort SendId => _sendId;

    public ref readonly UdpAddress Remote => ref _remote;

    /// <summary>Time at which <see cref="OnTimer"/> must be called next.</summary>
    public long NextTimer => State == UtpState.Closed
        ? UtpTime.Never
        : Math.Min(Math.Min(_timeoutAt, _ackAt), Math.Min(_keepAliveAt, Math.Min(_probeAt, _lingerAt)));

    /// <summary>The smoothed round-trip time in microseconds.</summary>
    public long RoundTrip => _time.Smoothed;

    /// <summary>The congestion window in bytes.</summary>
    public int Window => _window.Size;

    /// <summary>The queueing delay of sent packets in microseconds.</summary>
    public uint QueueingDelay => _delays.QueueingDelay;

    /// <summary>Length of the longest packet that is known to arrive.</summary>
    public int PathMtuLength => _mtu.Length;

    /// <summary>Number of packets that were sent again.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>Number of bytes in all buffers of the connection.</summary>
    public int BufferedBytes => _unacknowledged.Count + _unread.Count + _reorder.Bytes;

    private int PayloadLength => _mtu.Length - UtpHeader.Length;

    /// <summary>Handles a packet of this connection.</summary>
    public void Handle(in UtpPacket packet, long now)
    {
        UtpHeader header = packet.Header;
        if (State == UtpState.Closed || header.Type == UtpPacketType.Syn)
            return;

        // A packet is probably forged if it acknowledges a packet that was not sent, or one long before the oldest
        // unacknowledged packet.
        int acknowledged = UtpSequence.Distance((ushort)(_packets.First - 1), header.AcknowledgementNumber);
        if (acknowledged > _packets.Count || acknowledged < -ReorderBuffer.MaxDistance)
            return;
        if (header.Type == UtpPacketType.Reset)
        {
            OnReset(acknowledged);
            return;
        }

        if (State == UtpState.Connecting)
        {
            if (header.Type != UtpPacketType.State || acknowledged != 1)
                return;
            State = UtpState.Connected;
            _inOrder = (ushort)(header.SequenceNumber - 1);
        }
        else if (!IsInReach(header.SequenceNumber))
        {
            // An old duplicate, or a packet that the peer did not send.
            _ackNow = true;
            return;
        }
        else if (State == UtpState.HalfOpen && header.Type == UtpPacketType.Data)
        {
            State = UtpState.Connected;
            _timeoutAt = UtpTime.Never;
        }

        _timeouts = 0;
        MeasureDelay(header, now);
        OnAcknowledgement(packet, acknowledged, now);
        if (header.Type is UtpPacketType.Data or UtpPacketType.Fin)
            Receive(packet, now);
        CloseIfDone(now);
    }

    /// <summary>Handles the timers that are due. The caller then calls <see cref="Flush"/>.</summary>
    public void OnTimer(long now)
    {
        if (State == UtpState.Closed)
            return;
        if (now >= _lingerAt)
        {
            Abort(now);
            return;
        }

        if (now >= _timeoutAt)
            OnTimeout(now);
        if (now >= _ackAt)
            _ackNow = true;
        if (now >= _keepAliveAt)
            _ackNow = true;
        if (now >= _probeAt)
        {
            _mayProbe = true;
            _probeAt = UtpTime.Never;
        }

        if (now >= _keepAliveAt)
            _keepAliveAt = now + KeepAlive;
    }

    /// <summary>
    /// Sends what can be sent: lost packets, new packets, and an acknowledgement of the received packets.
    /// </summary>
    public void Flush(long now)
    {
        if (State == UtpState.Closed)
            return;
        if (State != UtpState.HalfOpen)
            SendPackets(now);
        if (_ackNow && State != UtpState.Connecting)
            SendAcknowledgement(now);
    }

    /// <summary>Answers the SYN packet again, because the answer may have been lost.</summary>
    public void RepeatAnswer() => _ackNow |= State == UtpState.HalfOpen;

    /// <summary>Ends the connection at once without sending a packet.</summary>
    public void Drop() => Fail(SocketError.TimedOut);

    /// <summary>Ends the connection at once, and sends a RESET packet.</summary>
    public void Abort(long now)
    {
        if (State == UtpState.Closed)
            return;
        SendControl(UtpPacketType.Reset, _packets.Next, now);
        Fail(SocketError.OperationAborted);
    }

    private void OnReset(int acknowledged)
    {
        // A valid RESET packet answers a packet that is not acknowledged yet, or an acknowledgement, which has the
        // sequence number of the next packet.
        if (acknowledged < 0 && State != UtpState.HalfOpen)
            return;
        if (_isFinSent && IsPeerDone)
            Close();
        else
            Fail(State == UtpState.Connecting ? SocketError.ConnectionRefused : SocketError.ConnectionReset);
    }

    private void MeasureDelay(in UtpHeader header, long now)
    {
        if (header.Timestamp != 0)
        {
            _timestampDifference = (uint)now - header.Timestamp;
            bool wasEmpty = _peerDelays.IsEmpty;
            uint before = _peerDelays.Base;
            _peerDelays.Add(_timestampDifference, now);
            AdjustForDrift(wasEmpty ? 0 : -DelayHistory.Difference(before, _peerDelays.Base));
        }

        if (header.TimestampDifference != 0)
            _delays.Add(header.TimestampDifference, now);
    }

    /// <summary>
    /// Raises the base delay of sent packets by the amount by which that of received packets has fallen. If the peer's
    /// clock is faster than this machine's clock, the measured delays of sent packets grow steadily, and those of
    /// received packets fall.
    /// </summary>
    private void AdjustForDrift(int fall)
    {
        // A fall of more than 10 ms has another cause: a queue has emptied, or the route has become shorter.
        if (fall is > 0 and <= 10 * (int)UtpTime.Millisecond)
            _delays.Shift((uint)fall);
    }

    private void OnTimeout(long now)
    {
        int limit = State == UtpState.Connecting ? MaxSyns : MaxTimeouts;
        if (++_timeouts >= limit || State == UtpState.HalfOpen)
        {
            Fail(SocketError.TimedOut);
            return;
        }

        if (!LoseProbe(now))
        {
            _time.Back();
            LoseAll(now);
        }

        _timeoutAt = now + _time.Timeout;
    }

    private void Fail(SocketError error)
    {
        Error = error;
        Close();
    }

    private void CloseIfDone(long now)
    {
        if (!_isFinSent || _packets.Count > 0 || !IsPeerDone)
            return;
        if (_ackNow)
            SendAcknowledgement(now);
        Close();
    }

    private void Close()
    {
        State = UtpState.Closed;
        _unacknowledged.Release();
        _reorder.Release();
        if (Error != SocketError.Success || _unread.Count == 0)
            _unread.Release();
    }
}
