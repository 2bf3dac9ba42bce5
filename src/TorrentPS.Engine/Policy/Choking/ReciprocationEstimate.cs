namespace TorrentPS.Engine.Policy.Choking;

/// <summary>What a strategic choker has learned of one peer: what must be given for it to give back, and what that brings.</summary>
/// <remarks>
/// A peer serves the few that give it most, and often few give it anything: then little suffices. So each begins with little. What it gives
/// once it does tells what it is worth: it is paid a quarter of that, more while it gives nothing back, but never more than it gives.
/// </remarks>
internal sealed class ReciprocationEstimate
{
    /// <summary>A partner that served us for so many rounds may do so for less: sooner, and most would be lost as soon as they are won.</summary>
    private const int RoundsBeforeCheaper = 6;

    /// <summary>A peer that was paid for so many rounds and never gave anything is not paid for some time.</summary>
    private const int RoundsBeforeGivingUp = 4;

    /// <summary>After a partner left us because it got less, its price is not lowered again for so many rounds; then twice, and so on.</summary>
    private const int FirstHold = 6;

    private const int LongestHold = 48;

    /// <summary>What a partner is paid at first, as part of what it gives.</summary>
    private const double FirstPart = 0.25;

    /// <summary>For so many rounds the price follows what a new partner gives: its rate has yet to show.</summary>
    private const int RoundsToShow = 2;

    /// <summary>In steps so large the price of a fast peer is found before the download is half over.</summary>
    private const double Raise = 1.5;

    private const double Lower = 0.95;

    /// <summary>The least that is paid, in bytes/s: below, a block would take half a minute.</summary>
    private const double LeastPrice = 512;

    /// <summary>Who took this part of what it was offered was paid.</summary>
    private const double PaidPart = 0.6;

    /// <summary>A peer that gives less than it did is believed to by this part each round; one that gives more, at once.</summary>
    private const double Doubt = 0.3;

    private static readonly TimeSpan s_partnersBar = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_firstBar = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longestBar = TimeSpan.FromMinutes(32);

    private TimeSpan _bar = s_firstBar;
    private int _roundsPaid;
    private int _roundsToShow = RoundsToShow;
    private int _hold;
    private int _nextHold = FirstHold;
    private bool _isCheaper;

    /// <param name="connectedAt">When the peer connected: tells it from whoever had its slot before.</param>
    /// <param name="first">What to give a peer of which nothing is known, in bytes/s.</param>
    public ReciprocationEstimate(TimeSpan connectedAt, double first)
    {
        ConnectedAt = connectedAt;
        Price = Math.Max(first, LeastPrice);
    }

    /// <summary>When the peer connected.</summary>
    public TimeSpan ConnectedAt { get; }

    /// <summary>What it is given so that it gives back, in bytes/s.</summary>
    public double Price { get; private set; }

    /// <summary>What it was last offered, in bytes/s: its price, or what was left.</summary>
    public double Offered { get; set; }

    /// <summary>What it gives while it serves us, in bytes/s; null as long as it never did.</summary>
    public double? Gain { get; private set; }

    /// <summary>For how many rounds it has served us without a break.</summary>
    public int RoundsServed { get; private set; }

    /// <summary>Until when nothing is spent on it.</summary>
    public TimeSpan BarredUntil { get; private set; }

    /// <summary>Whether it ever gave something.</summary>
    public bool IsProven => Gain is not null;

    /// <summary>Whether it gave something and gives nothing now.</summary>
    public bool HasLeft => IsProven && RoundsServed == 0;

    /// <summary>Learns from the round that is over.</summary>
    /// <param name="peer">How the peer stands.</param>
    /// <param name="most">Who wants as much, in bytes/s, gives to others whatever we do.</param>
    /// <param name="now">The time.</param>
    public void OnRound(in ChokeCandidate peer, double most, TimeSpan now)
    {
        bool wasUnchoked = peer.IsUnchoked && peer.StayAt(now) >= Choker.LeastStay;
        if (!peer.IsChokingUs && peer.GivesRate > 0 && !peer.IsSnubbing)
            Served(peer.GivesRate, wasUnchoked);
        else
            NotServed(wasUnchoked && peer.TakesRate >= Offered * PaidPart, most, now);
        Price = Math.Max(Math.Min(Price, Gain ?? Price), LeastPrice);
    }

    private void Served(long rate, bool wasUnchoked)
    {
        double gain = Gain is { } before ? Math.Max(rate, before + (Doubt * (rate - before))) : rate;
        Gain = gain;
        if (_roundsToShow > 0)
        {
            _roundsToShow--;
            Price = gain * FirstPart;
        }

        RoundsServed++;
        BarredUntil = TimeSpan.Zero;
        _roundsPaid = 0;
        _hold = Math.Max(_hold - 1, 0);
        if (!wasUnchoked || RoundsServed < RoundsBeforeCheaper || _hold > 0)
            return;
        Price *= Lower;
        _isCheaper = true;
    }

    private void NotServed(bool wasPaid, double most, TimeSpan now)
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
        if (Gain is { } gain)
            Bid(gain, most, now);
        else if (++_roundsPaid >= RoundsBeforeGivingUp)
            GiveUp(now);
    }

    /// <summary>Offers more, as long as it is worth it; else the peer's other partners are left to it for some time.</summary>
    private void Bid(double gain, double most, TimeSpan now)
    {
        double raised = Price * Raise;
        if (raised <= gain && raised < most)
        {
            Price = raised;
            return;
        }

        Price = gain * FirstPart;
        BarredUntil = now + s_partnersBar;
    }

    private void GiveUp(TimeSpan now)
    {
        _roundsPaid = 0;
        BarredUntil = now + _bar;
        _bar = _bar * 2 < s_longestBar ? _bar * 2 : s_longestBar;
    }
}
