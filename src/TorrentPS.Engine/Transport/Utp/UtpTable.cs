using TorrentPS.Protocol.Utp;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// The uTP connections of one UDP socket, by address and connection id. This class has no socket, clock and lock. The
/// caller passes received packets and the time, and calls <see cref="Flush"/> after each batch of calls.
/// </summary>
internal sealed class UtpTable
{
    /// <summary>
    /// Maximum number of connections: eight times the default of <see cref="SessionSettings.MaxConnections"/>.
    /// </summary>
    public const int MaxConnections = 4000;

    /// <summary>
    /// Maximum number of connections with one IP address. An address that a provider shares among customers usually has
    /// fewer peers of the same torrents.
    /// </summary>
    public const int MaxPerAddress = 64;

    /// <summary>
    /// Maximum number of half-open connections. The oldest is dropped for a new one. The limit bounds the memory that
    /// SYN packets with forged addresses take: about 1 KiB each.
    /// </summary>
    public const int MaxHalfOpen = 256;

    /// <summary>
    /// Maximum number of RESET packets per second to senders without a connection. The limit bounds how many packets
    /// this client sends to forged addresses.
    /// </summary>
    public const int MaxResetsPerSecond = 50;

    /// <summary>Shortest time between two passes over all connections for their timers.</summary>
    private const long TimerResolution = 5 * UtpTime.Millisecond;

    private readonly IUtpOutput _output;
    private readonly ReorderBudget _budget = new();
    private readonly Random _random;
    private readonly Action<UtpConnection> _accepted, _changed;
    private readonly Dictionary<(UdpAddress Remote, ushort Id), UtpConnection> _connections = [];
    private readonly Dictionary<UdpAddress, int> _perAddress = [];
    private readonly Queue<UtpConnection> _halfOpen = new();
    private readonly List<UtpConnection> _touched = [];
    private long _nextPass = UtpTime.Never, _resetSecond;
    private int _resets;

    /// <param name="output">Sends the packets.</param>
    /// <param name="random">Chooses connection ids and sequence numbers.</param>
    /// <param name="accepted">Called for each incoming connection whose peer has sent data.</param>
    /// <param name="changed">
    /// Called after each batch for each connection that a packet or a timer may have changed.
    /// </param>
    public UtpTable(
        IUtpOutput output, Random random, Action<UtpConnection> accepted, Action<UtpConnection> changed)
    {
        _output = output;
        _random = random;
        _accepted = accepted;
        _changed = changed;
    }

    public int Count => _connections.Count;

    /// <summary>Time at which <see cref="OnTimer"/> must be called next.</summary>
    public long NextTimer => _nextPass;

    /// <summary>Opens a connection.</summary>
    /// <returns>The connection; null if there are too many connections.</returns>
    public UtpConnection? Connect(in UdpAddress remote, long now)
    {
        if (!HasRoom(remote))
            return null;
        ushort id;
        do
            id = (ushort)_random.Next(ushort.MaxValue);
        while (_connections.ContainsKey((remote, id)) || _connections.ContainsKey((remote, (ushort)(id + 1))));
        var connection = UtpConnection.Connect(_output, _budget, remote, id, NewSequence(), now);
        Add(connection);
        return connection;
    }

    /// <summary>Handles a received packet. The caller calls <see cref="Flush"/> after a batch of packets.</summary>
    public void Handle(in UdpAddress from, ReadOnlySpan<byte> bytes, long now)
    {
        if (!UtpPacket.TryParse(bytes, out UtpPacket packet))
            return;
        UtpHeader header = packet.Header;
        if (header.Type == UtpPacketType.Syn)
        {
            OnSyn(from, header, now);
        }
        else if (Find(from, header) is { } connection)
        {
            bool wasHalfOpen = connection.State == UtpState.HalfOpen;
            connection.Handle(packet, now);
            Touch(connection);
            if (wasHalfOpen && connection.State == UtpState.Connected)
                _accepted(connection);
        }
        else if (header.Type != UtpPacketType.Reset)
        {
            Refuse(from, header, now);
        }
    }

    /// <summary>Handles the timers of all connections. The caller then calls <see cref="Flush"/>.</summary>
    public void OnTimer(long now)
    {
        if (now < _nextPass)
            return;
        _nextPass = UtpTime.Never;
        foreach (UtpConnection connection in _connections.Values)
        {
            if (connection.NextTimer <= now)
            {
                connection.OnTimer(now);
                Touch(connection);
            }
            else
            {
                _nextPass = Math.Min(_nextPass, connection.NextTimer);
            }
        }

        _nextPass = Math.Max(_nextPass, now + TimerResolution);
    }

    /// <summary>
    /// Adds a connection to those that <see cref="Flush"/> handles, because the caller has called its methods.
    /// </summary>
    public void Touch(UtpConnection connection)
    {
        if (connection.IsTouched)
            return;
        connection.IsTouched = true;
        _touched.Add(connection);
    }

    /// <summary>
    /// Sends what the connections that changed since the last call can send, and removes those that are closed.
    /// </summary>
    public void Flush(long now)
    {
        for (int i = 0; i < _touched.Count; i++)
        {
            UtpConnection connection = _touched[i];
            connection.IsTouched = false;
            connection.Flush(now);
            _nextPass = Math.Min(_nextPass, connection.NextTimer);
            if (connection.State == UtpState.Closed)
                Remove(connection);
            _changed(connection);
        }

        _touched.Clear();
    }

    /// <summary>Ends all connections with RESET packets.</summary>
    public void AbortAll(long now)
    {
        foreach (UtpConnection connection in _connections.Values)
        {
            connection.Abort(now);
            Touch(connection);
        }

        Flush(now);
    }

    private void OnSyn(in UdpAddress from, in UtpHeader syn, long now)
    {
        if (_connections.TryGetValue((from, (ushort)(syn.ConnectionId + 1)), out UtpConnection? known))
        {
            known.RepeatAnswer();
            Touch(known);
            return;
        }

        EvictHalfOpen(now);
        if (!HasRoom(from))
        {
            Refuse(from, syn, now);
            return;
        }

        var connection = UtpConnection.Accept(_output, _budget, from, syn, NewSequence(), now);
        Add(connection);
        _halfOpen.Enqueue(connection);
    }

    private void EvictHalfOpen(long now)
    {
        while (_halfOpen.TryPeek(out UtpConnection? oldest)
            && (oldest.State != UtpState.HalfOpen || _halfOpen.Count >= MaxHalfOpen))
        {
            _halfOpen.Dequeue();
            if (oldest.State != UtpState.HalfOpen)
                continue;
            oldest.Drop();
            Remove(oldest);
        }

        _nextPass = Math.Min(_nextPass, now + TimerResolution);
    }

    private UtpConnection? Find(in UdpAddress from, in UtpHeader header)
    {
        if (_connections.TryGetValue((from, header.ConnectionId), out UtpConnection? connection))
            return connection;
        if (header.Type != UtpPacketType.Reset)
            return null;

        // A host that doesn't know a connection answers with the connection id of the packet that it received. That id
        // is one above or below the id under which the connection is stored.
        return OfSendId(from, (ushort)(header.ConnectionId - 1), header.ConnectionId)
            ?? OfSendId(from, (ushort)(header.ConnectionId + 1), header.ConnectionId);
    }

    private UtpConnection? OfSendId(in UdpAddress from, ushort receiveId, ushort sendId) =>
        _connections.TryGetValue((from, receiveId), out UtpConnection? connection) && connection.SendId == sendId
            ? connection
            : null;

    private void Refuse(in UdpAddress to, in UtpHeader received, long now)
    {
        long second = now / UtpTime.Second;
        if (second != _resetSecond)
        {
            _resetSecond = second;
            _resets = 0;
        }

        if (++_resets > MaxResetsPerSecond)
            return;
        Span<byte> packet = stackalloc byte[UtpHeader.Length];
        UtpPacket.WriteHeader(packet, new UtpHeader(
            UtpPacketType.Reset, received.ConnectionId, (uint)now, 0, 0, NewSequence(), received.SequenceNumber));
        _output.Send(to, packet, [], [], false);
    }

    private bool HasRoom(in UdpAddress remote) =>
        _connections.Count < MaxConnections && _perAddress.GetValueOrDefault(remote.WithoutPort) < MaxPerAddress;

    private void Add(UtpConnection connection)
    {
        _connections.Add((connection.Remote, connection.ReceiveId), connection);
        UdpAddress address = connection.Remote.WithoutPort;
        _perAddress[address] = _perAddress.GetValueOrDefault(address) + 1;
        _nextPass = Math.Min(_nextPass, connection.NextTimer);
    }

    private void Remove(UtpConnection connection)
    {
        if (!_connections.TryGetValue((connection.Remote, connection.ReceiveId), out UtpConnection? known)
            || known != connection)
            return;
        _connections.Remove((connection.Remote, connection.ReceiveId));
        UdpAddress address = connection.Remote.WithoutPort;
        if (--_perAddress[address] == 0)
            _perAddress.Remove(address);
    }

    private ushort NewSequence() => (ushort)_random.Next(ushort.MaxValue + 1);
}
