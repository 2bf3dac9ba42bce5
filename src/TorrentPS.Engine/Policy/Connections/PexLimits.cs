namespace TorrentPS.Engine.Policy.Connections;

/// <summary>What one peer may tell us of others, and how often (BEP 11): beyond it nothing is heeded, and in the end the peer is let go.</summary>
internal sealed class PexLimits
{
    /// <summary>Peers heeded of one message: the standard has 50 come, and some clients name so many of each address family.</summary>
    public const int MaxPeersPerMessage = 100;

    /// <summary>
    /// Addresses taken of one peer while it is connected. Forty peers can still fill the table of addresses between them; one alone can't.
    /// </summary>
    public const int MaxTaken = 300;

    /// <summary>One message per this time: somewhat less than the minute of the standard, as neither clock is exact.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(50);

    /// <summary>So many may come together: what a peer knows at the start, and what its clock tells it to send right after.</summary>
    public const int Burst = 2;

    /// <summary>So many messages too many, in excess of those that were right, are a flood.</summary>
    public const int MaxExcess = 10;

    private double _credit = Burst;
    private TimeSpan _counted;
    private int _excess;

    /// <summary>Whether it is a flood: the peer is of no good.</summary>
    public bool IsFlood => _excess > MaxExcess;

    /// <summary>How many more addresses may be taken.</summary>
    public int Left { get; private set; } = MaxTaken;

    /// <summary>A message came.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    /// <returns>Whether to heed it.</returns>
    public bool OnMessage(TimeSpan now)
    {
        _credit = Math.Min(Burst, _credit + ((now - _counted) / Interval));
        _counted = now;
        if (_credit < 1)
        {
            _excess++;
            return false;
        }

        _credit--;
        _excess = Math.Max(0, _excess - 1);
        return true;
    }

    /// <summary>
    /// A message names peers as come. The first are heeded; each further <see cref="MaxPeersPerMessage"/> begun count as a message too many, so that
    /// who names somewhat too many each time is kept, and who names thousands is not.
    /// </summary>
    /// <param name="named">How many it names.</param>
    /// <returns>How many of them to heed.</returns>
    public int OnNamed(int named)
    {
        _excess += Math.Max(0, named - 1) / MaxPeersPerMessage;
        return Math.Min(named, MaxPeersPerMessage);
    }

    /// <summary>One address more was taken.</summary>
    public void OnTaken() => Left--;
}
