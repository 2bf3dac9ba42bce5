namespace TorrentPS.Engine.Policy;

/// <summary>What one peer may tell us of others, and how often (BEP 11): beyond it nothing is heeded, and in the end the peer is let go.</summary>
internal sealed class ExchangeAllowance
{
    /// <summary>A message with more peers than this is not heeded: the standard has 50 come and 50 gone.</summary>
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

    /// <summary>A message was against the rules in itself.</summary>
    public void OnOffence() => _excess++;

    /// <summary>One address more was taken.</summary>
    public void OnTaken() => Left--;
}
