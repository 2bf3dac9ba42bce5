namespace TorrentPS.Engine.Policy;

/// <summary>What a strategic choker has learned of one peer: what must be given for it to give back, and what that brings.</summary>
internal sealed class PartnerAccount
{
    /// <summary>A partner that served us for so many rounds may do so for less.</summary>
    private const int RoundsBeforeCheaper = 3;

    /// <summary>A peer that was paid for so many rounds and gave nothing is not paid for some time.</summary>
    private const int RoundsBeforeGivingUp = 4;

    /// <summary>After a partner left us because it got less, its price is not lowered again for so many rounds; then twice, and so on.</summary>
    private const int FirstHold = 6;

    private const int LongestHold = 48;

    private const double Raise = 1.2;
    private const double Lower = 0.9;

    /// <summary>Who wants more than so many usual offers, the whole uplink, gives to others whatever we do.</summary>
    private const double MostOffers = UploadSlots.Start;

    /// <summary>The least that is paid, in bytes/s: below, a block would take half a minute.</summary>
    private const double LeastPrice = 512;

    /// <summary>Who took this part of what it was offered was paid.</summary>
    private const double PaidPart = 0.6;

    private static readonly TimeSpan s_firstBar = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestBar = TimeSpan.FromMinutes(32);

    private bool _isUntried = true;
    private TimeSpan _bar = s_firstBar;
    private int _roundsPaid;
    private int _hold;
    private int _nextHold = FirstHold;
    private bool _isCheaper;

    /// <param name="connectedAt">When the peer connected: tells it from whoever had its slot before.</param>
    /// <param name="usual">What seems right to give a peer of which nothing is known, in bytes/s.</param>
    public PartnerAccount(TimeSpan connectedAt, double usual)
    {
        ConnectedAt = connectedAt;
        Price = Math.Max(usual, LeastPrice);
    }

    /// <summary>When the peer connected.</summary>
    public TimeSpan ConnectedAt { get; }

    /// <summary>What it is given so that it gives back, in bytes/s.</summary>
    public double Price { get; private set; }

    /// <summary>What it was last offered, in bytes/s: its price, or what was left.</summary>
    public double Offered { get; set; }

    /// <summary>What it gives, in bytes/s; null as long as it gave nothing.</summary>
    public double? Gain { get; private set; }

    /// <summary>For how many rounds it has served us without a break.</summary>
    public int RoundsServed { get; private set; }

    /// <summary>Until when nothing is spent on it.</summary>
    public TimeSpan BarredUntil { get; private set; }

    /// <summary>Whether it has given something since it was last given up.</summary>
    public bool IsProven => Gain is not null;

    /// <summary>Learns from the round that is over.</summary>
    /// <param name="peer">How the peer stands.</param>
    /// <param name="usual">What seems right to give a peer of which nothing is known, in bytes/s.</param>
    /// <param name="now">The time.</param>
    public void OnRound(in ChokeCandidate peer, double usual, TimeSpan now)
    {
        if (_isUntried)
            Price = Math.Max(usual, LeastPrice);
        bool wasPaid = peer.IsUnchoked && peer.StayAt(now) >= Choker.LeastStay;
        if (!peer.IsChokingUs && peer.GivesRate > 0 && !peer.IsSnubbing)
            Served(peer.GivesRate, wasPaid);
        else
            NotServed(wasPaid && peer.TakesRate >= Offered * PaidPart, usual, now);
    }

    private void Served(long rate, bool wasPaid)
    {
        Gain = rate;
        RoundsServed++;
        BarredUntil = TimeSpan.Zero;
        _roundsPaid = 0;
        _bar = s_firstBar;
        _hold = Math.Max(_hold - 1, 0);
        if (!wasPaid || RoundsServed < RoundsBeforeCheaper || _hold > 0)
            return;
        _isUntried = false;
        Price = Math.Max(Price * Lower, LeastPrice);
        _isCheaper = true;
    }

    private void NotServed(bool wasPaid, double usual, TimeSpan now)
    {
        if (RoundsServed > 0 && _isCheaper)
        {
            // It left when it got less: what it got before was its price, and is not tried again for long.
            Price /= Lower;
            _hold = _nextHold;
            _nextHold = Math.Min(_nextHold * 2, LongestHold);
        }

        RoundsServed = 0;
        _isCheaper = false;
        if (!wasPaid)
            return;
        _isUntried = false;
        Price = Math.Max(Math.Min(Price * Raise, usual * MostOffers), LeastPrice);
        if (++_roundsPaid < RoundsBeforeGivingUp)
            return;
        Gain = null;
        _isUntried = true;
        _roundsPaid = 0;
        BarredUntil = now + _bar;
        _bar = _bar * 2 < s_longestBar ? _bar * 2 : s_longestBar;
    }
}
