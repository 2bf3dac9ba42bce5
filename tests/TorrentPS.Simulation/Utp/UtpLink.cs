namespace TorrentPS.Simulation.Utp;

internal sealed record UtpLinkSettings
{
    /// <summary>Rate of the bottleneck in bits per second.</summary>
    public double BitsPerSecond { get; init; } = 20e6;

    /// <summary>Delay of the empty link in seconds, one way.</summary>
    public double Delay { get; init; } = 0.05;

    /// <summary>Bytes that fit into the queue; further packets are dropped.</summary>
    public int QueueBytes { get; init; } = 500_000;

    /// <summary>Probability that a packet is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Greatest additional delay of a packet in seconds. Packets overtake each other.</summary>
    public double Jitter { get; init; }

    /// <summary>Longest UDP payload that the link carries without fragments.</summary>
    public int Mtu { get; init; } = 1472;
}

/// <summary>One direction of a link that all flows share: a bottleneck with a drop-tail queue.</summary>
internal sealed class UtpLink(UtpLinkSettings settings, Timeline time, Random random)
{
    /// <summary>Length of the headers of IPv4 and UDP.</summary>
    private const int LowerHeaders = 28;

    private double _busyUntil;

    /// <summary>Bytes of packets that the bottleneck has carried, with their headers.</summary>
    public long Carried { get; private set; }

    public long Dropped { get; private set; }

    /// <summary>The time that a packet would wait now, in seconds.</summary>
    public double Waiting => Math.Max(0, _busyUntil - time.Seconds);

    public void Send(int length, bool mustNotFragment, Action deliver)
    {
        length += LowerHeaders;
        double waiting = Waiting;
        if ((mustNotFragment && length > settings.Mtu + LowerHeaders)
            || (waiting * settings.BitsPerSecond / 8) + length > settings.QueueBytes
            || random.NextDouble() < settings.Loss)
        {
            Dropped++;
            return;
        }

        _busyUntil = time.Seconds + waiting + (length * 8 / settings.BitsPerSecond);
        Carried += length;
        double jitter = settings.Jitter * random.NextDouble();
        time.In(_busyUntil - time.Seconds + settings.Delay + jitter, deliver);
    }
}
