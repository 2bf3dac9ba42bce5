using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Transport.Utp;
using TorrentPS.Protocol.Utp;

namespace TorrentPS.Simulation.Utp;

/// <summary>A host with the uTP connections of one address, and a clock of its own.</summary>
internal sealed class UtpHost : IUtpOutput
{
    private readonly Timeline _time;
    private readonly UtpLink _link;
    private readonly Dictionary<UdpAddress, UtpHost> _hosts;
    private readonly double _clockRate;
    private readonly long _clockStart;
    private readonly int _seed;
    private long _timerAt = long.MaxValue;

    public UtpHost(
        int number, Timeline time, UtpLink link, Dictionary<UdpAddress, UtpHost> hosts, int seed, double clockRate = 1)
    {
        Address = UdpAddress.Of(new IPEndPoint(new IPAddress([10, 0, 0, (byte)number]), 6881));
        _time = time;
        _link = link;
        _hosts = hosts;
        _clockRate = clockRate;
        _clockStart = new Random(seed).NextInt64(1L << 32);
        _seed = seed;
        Forget();
        hosts.Add(Address, this);
    }

    /// <summary>An address at which no host is.</summary>
    public static UdpAddress Nowhere { get; } = Stranger(0);

    public UdpAddress Address { get; }

    /// <summary>Whether the host has gone: it neither receives nor sends.</summary>
    public bool IsGone { get; set; }

    public int SentResets { get; private set; }

    /// <summary>Sequence number of the packet that was sent last.</summary>
    public ushort LastSequence { get; private set; }

    public UtpTable Table { get; private set; }

    public List<UtpConnection> Accepted { get; } = [];

    public Action<UtpConnection>? Changed { get; set; }

    public long Now => _clockStart + (long)(_time.Now / 10 * _clockRate);

    public bool Send(
        in UdpAddress to, ReadOnlySpan<byte> header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isProbe)
    {
        byte[] packet = [.. header, .. first, .. second];
        if (UtpPacket.TryParse(packet, out UtpPacket parsed))
        {
            LastSequence = parsed.Header.SequenceNumber;
            SentResets += parsed.Header.Type == UtpPacketType.Reset ? 1 : 0;
        }

        if (_hosts.TryGetValue(to, out UtpHost? receiver))
            _link.Send(packet.Length, isProbe, () => receiver.Receive(Address, packet));
        return true;
    }

    /// <summary>Creates an address at which no host is.</summary>
    public static UdpAddress Stranger(int number) =>
        UdpAddress.Of(new IPEndPoint(new IPAddress([192, 0, (byte)(number / 250), (byte)(number % 250)]), 6881));

    /// <summary>Forgets all connections, as a restart does.</summary>
    [MemberNotNull(nameof(Table))]
    public void Forget() =>
        Table = new UtpTable(this, new Random(_seed), Accepted.Add, connection => Changed?.Invoke(connection));

    /// <summary>Sends what is to be sent, and schedules the next timer.</summary>
    public void Flush()
    {
        Table.Flush(Now);
        long next = Table.NextTimer;
        if (next == UtpTime.Never)
            return;
        long at = _time.Now + Math.Max(10, (long)((next - Now) * 10 / _clockRate) + 10);
        if (at >= _timerAt && _timerAt > _time.Now)
            return;
        _timerAt = at;
        _time.At(at, new ScheduledAction(() => OnTimer(at)));
    }

    public void Receive(in UdpAddress from, byte[] packet)
    {
        if (IsGone)
            return;
        Table.Handle(from, packet, Now);
        Flush();
    }

    private void OnTimer(long at)
    {
        if (at != _timerAt || IsGone)
            return;
        Table.OnTimer(Now);
        Flush();
    }
}
