using System.Net;
using TorrentPS.Engine.Transport.Utp;
using TorrentPS.Protocol.Utp;

namespace TorrentPS.Simulation.Utp;

/// <summary>
/// Sends hostile packets to a table of uTP connections: packets that fit to what the table has sent, mutated in all
/// fields, and SYN packets of many addresses. A program reads, writes and closes at random.
/// </summary>
internal sealed class UtpFuzz : IUtpOutput
{
    /// <summary>Number of sent packets that are remembered, and answered with mutations.</summary>
    private const int Remembered = 256;

    /// <summary>Packets between two checks of the limits.</summary>
    private const int CheckInterval = 5000;

    private const int MaxLength = 1500;

    private readonly (UdpAddress To, UtpHeader Header)[] _sent = new (UdpAddress, UtpHeader)[Remembered];
    private readonly List<UtpConnection> _open = [];
    private readonly byte[] _packet = new byte[MaxLength];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Random _random;
    private readonly UtpTable _table;
    private long _now = 1, _sentCount;

    public UtpFuzz(int seed)
    {
        _random = new Random(seed);
        _table = new UtpTable(this, new Random(seed), _open.Add, _ => { });
    }

    /// <summary>Number of connections that were opened and closed.</summary>
    public long Closed { get; private set; }

    /// <summary>Number of bytes that the program has read.</summary>
    public long Read { get; private set; }

    /// <summary>Greatest number of connections in the table.</summary>
    public int MostConnections { get; private set; }

    /// <summary>Greatest number of bytes in the buffers of one connection.</summary>
    public int MostBuffered { get; private set; }

    public bool Send(
        in UdpAddress to, ReadOnlySpan<byte> header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isProbe)
    {
        if (!UtpPacket.TryParse(header, out UtpPacket packet))
            throw new InvalidOperationException($"malformed packet sent: {Convert.ToHexString(header)}");
        _sent[_sentCount++ % Remembered] = (to, packet.Header);
        return !isProbe || _random.Next(8) > 0;
    }

    public void Run(long packets)
    {
        for (long i = 0; i < packets; i++)
        {
            UdpAddress from = Create(out int length);
            _table.Handle(from, _packet.AsSpan(0, length), _now);
            if (_random.Next(8) == 0)
                Act();
            if (i % CheckInterval == 0)
                Check();
        }
    }

    private UdpAddress Create(out int length)
    {
        int kind = _random.Next(16);
        if (kind == 0 || _sentCount == 0)
            return CreateSyn(out length);
        length = _random.Next(MaxLength);
        if (kind == 1)
        {
            _random.NextBytes(_packet.AsSpan(0, Math.Min(length, 64)));
            return _sent[_random.Next((int)Math.Min(_sentCount, Remembered))].To;
        }

        (UdpAddress to, UtpHeader sent) = _sent[_random.Next((int)Math.Min(_sentCount, Remembered))];
        var header = new UtpHeader(
            kind == 2 ? (UtpPacketType)_random.Next(5) : kind < 12 ? UtpPacketType.Data : UtpPacketType.State,
            (ushort)(sent.ConnectionId + _random.Next(-1, 2)),
            (uint)(_now - _random.Next(1 << 20)),
            (uint)_random.Next(1 << 20),
            _random.Next(4) == 0 ? (uint)_random.Next(4000) : (uint)_random.Next(1 << 22),
            (ushort)(sent.AcknowledgementNumber + Near()),
            (ushort)(sent.SequenceNumber + Near() - 1));
        int start = _random.Next(4) > 0
            ? UtpPacket.WriteHeader(_packet, header)
            : UtpPacket.WriteHeader(_packet, header, _buffer.AsSpan(0, 4 * _random.Next(1, 64)));
        length = header.Type == UtpPacketType.State ? start : Math.Max(start, length);
        if (_random.Next(32) == 0)
            _packet[_random.Next(start)] = (byte)_random.Next(256);
        return to;
    }

    private UdpAddress CreateSyn(out int length)
    {
        length = UtpPacket.WriteHeader(_packet, new UtpHeader(
            UtpPacketType.Syn, (ushort)_random.Next(1 << 16), (uint)_now, 0, 1 << 20, (ushort)_random.Next(1 << 16), 0));
        byte network = (byte)(_random.Next(2) == 0 ? 1 : _random.Next(256));
        return UdpAddress.Of(new IPEndPoint(new IPAddress([10, 0, network, (byte)_random.Next(16)]), 6881));
    }

    /// <summary>Returns a difference of sequence numbers: mostly the next one, seldom any.</summary>
    private int Near() => _random.Next(16) switch
    {
        < 10 => 1,
        < 13 => _random.Next(-3, 8),
        < 15 => _random.Next(-2100, 2100),
        _ => _random.Next(1 << 16),
    };

    private void Act()
    {
        _now += _random.Next(_random.Next(1000) == 0 ? 3_000_000 : 2_000);
        if (_open.Count > 0)
            Use(_random.Next(_open.Count));
        if (_random.Next(1000) == 0 && _sentCount > 0
            && _table.Connect(_sent[_random.Next((int)Math.Min(_sentCount, Remembered))].To, _now) is { } connection)
            _open.Add(connection);
        _table.OnTimer(_now);
        _table.Flush(_now);
    }

    private void Use(int index)
    {
        UtpConnection connection = _open[index];
        switch (_random.Next(40))
        {
            case < 20:
                Read += connection.Read(_buffer.AsSpan(0, _random.Next(_buffer.Length)));
                break;
            case < 38:
                connection.Write(_buffer.AsSpan(0, _random.Next(4000)));
                break;
            default:
                connection.Shutdown(_now);
                break;
        }

        _table.Touch(connection);
        if (connection.State == UtpState.Closed)
        {
            Closed++;
            _open.RemoveAt(index);
        }
    }

    private void Check()
    {
        MostConnections = Math.Max(MostConnections, _table.Count);
        foreach (UtpConnection connection in _open)
            MostBuffered = Math.Max(MostBuffered, connection.BufferedBytes);
    }
}
