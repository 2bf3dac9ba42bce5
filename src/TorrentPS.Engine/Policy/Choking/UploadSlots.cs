namespace TorrentPS.Engine.Policy.Choking;

/// <summary>How many peers to upload to at once: the fewest that fill the uplink.</summary>
/// <remarks>
/// Nobody tells how fast an uplink is, so it is tried. When no peer has blocks waiting here, the uplink can't be full, and one slot more
/// is tried at once; else one more and one fewer are tried by turns, for a round each. One more stays when it brought at least half of
/// what a slot brings on average, one fewer when it cost less than that. What failed is tried again ever more seldom.
/// Waiting blocks alone prove nothing: a slow taker has some while the uplink idles; and none wait while the system's socket buffers hold them all.
/// </remarks>
internal sealed class UploadSlots
{
    /// <summary>Three partners and one to be tried.</summary>
    public const int Start = 4;

    /// <summary>The least, even where fewer fill the uplink: with fewer the slot that is given by lot would be more than a fourth, and who gives nothing lives by it.</summary>
    public const int Fewest = 4;

    /// <summary>The most: beyond, each would get too little to be worth its requests.</summary>
    public const int Most = 100;

    /// <summary>While nothing waits a trial is over after this: a new taker has asked and begins to receive.</summary>
    public static readonly TimeSpan QuickLook = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_shortestRest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_longestRest = TimeSpan.FromSeconds(160);

    /// <summary>A trial is judged by this part of what a slot brings on average.</summary>
    private const double PartThatCounts = 0.5;

    /// <summary>The same while the uplink is known to have room: there, little is much.</summary>
    private const double PartThatCountsWhenHungry = 0.2;

    private const double FullShare = 0.95;

    private enum Trial
    {
        None,
        More,
        Fewer,
    }

    private TimeSpan _lookBegan;
    private long _sentBefore;
    private int _ticks;
    private int _hungryTicks;
    private long _rateBefore;
    private Trial _trial;
    private Trial _next = Trial.More;
    private TimeSpan _rest = s_shortestRest;
    private TimeSpan _restsUntil;

    /// <summary>How many peers may be unchoked.</summary>
    public int Count { get; private set; } = Start;

    /// <summary>To be called about four times a second.</summary>
    /// <param name="sample">How the upload stands.</param>
    /// <param name="isRound">Whether the choker gives all slots anew now: only then does a slot fewer take effect.</param>
    /// <returns>Whether <see cref="Count"/> has changed.</returns>
    public bool OnTick(in UploadSample sample, bool isRound)
    {
        _ticks++;
        _hungryTicks += sample.Backlogged == 0 ? 1 : 0;
        TimeSpan elapsed = sample.Now - _lookBegan;
        bool isHungry = _hungryTicks > _ticks / 2;
        bool isOver = elapsed >= Choker.Round ? isRound : isHungry && _trial != Trial.Fewer && elapsed >= QuickLook;
        if (!isOver)
            return false;

        long rate = (long)((sample.Sent - _sentBefore) / elapsed.TotalSeconds);
        int before = Count;
        Judge(rate, isHungry, sample);
        Try(rate, isHungry, sample);
        (_lookBegan, _sentBefore, _ticks, _hungryTicks) = (sample.Now, sample.Sent, 0, 0);
        return Count != before;
    }

    private static bool IsFull(long rate, in UploadSample sample) => sample.Limit is { } most && rate >= most * FullShare;

    /// <summary>Keeps what a trial brought, or takes it back.</summary>
    private void Judge(long rate, bool isHungry, in UploadSample sample)
    {
        Trial trial = _trial;
        _trial = Trial.None;
        if (trial == Trial.More)
        {
            double part = isHungry ? PartThatCountsWhenHungry : PartThatCounts;
            if (rate > _rateBefore * (1 + (part / Count)))
                Succeed();
            else
                Fail(Math.Max(Count - 1, Fewest), Trial.Fewer, sample.Now);
        }
        else if (trial == Trial.Fewer)
        {
            bool holds = rate >= _rateBefore * (1 - (PartThatCounts / (Count + 1)));
            if ((holds && !isHungry) || IsFull(rate, sample))
                Succeed();
            else
                Fail(Count + 1, Trial.More, sample.Now);
        }
    }

    private void Succeed() => _rest = s_shortestRest;

    private void Fail(int count, Trial next, TimeSpan now)
    {
        Count = count;
        _next = next;
        _restsUntil = now + _rest;
        _rest = _rest * 2 < s_longestRest ? _rest * 2 : s_longestRest;
    }

    private void Try(long rate, bool isHungry, in UploadSample sample)
    {
        // With nobody waiting the number of slots decides nothing.
        if (sample.Waiting == 0 || sample.Now < _restsUntil)
            return;
        bool isFull = IsFull(rate, sample);
        if (isHungry && !isFull)
            _next = Trial.More;
        else if (isFull)
            _next = Trial.Fewer;
        if (_next == Trial.More && Count < Most)
        {
            Count++;
            _trial = Trial.More;
        }
        else if (_next == Trial.Fewer && Count > Fewest)
        {
            Count--;
            _trial = Trial.Fewer;
        }
        else
        {
            _next = _next == Trial.More ? Trial.Fewer : Trial.More;
        }

        _rateBefore = rate;
    }
}

/// <summary>How the upload stands at one moment.</summary>
/// <param name="Now">The time.</param>
/// <param name="Sent">Payload bytes sent so far.</param>
/// <param name="Limit">The upload limit in bytes/s; null for none.</param>
/// <param name="Backlogged">How many unchoked peers have asked for blocks that still wait here.</param>
/// <param name="Waiting">How many interested peers have no slot.</param>
internal readonly record struct UploadSample(TimeSpan Now, long Sent, long? Limit, int Backlogged, int Waiting);
