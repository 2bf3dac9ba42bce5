namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Finds the smallest number of upload slots that uses the whole upload capacity.</summary>
/// <remarks>
/// The capacity of an uplink isn't known, so different numbers are tried. Each try is a trial, and it fails if its
/// number isn't kept. While no requested block waits, the uplink isn't full, and one slot more is tried for a few
/// seconds. Otherwise one slot more and one slot fewer are tried alternately, for a round each. One slot more is kept
/// if it raises the upload rate by more than half of a slot's average rate. One slot fewer is kept if it lowers the
/// upload rate by no more than half of a slot's average rate. The pause before the next trial doubles with each failed
/// trial. Waiting blocks alone aren't enough to decide: blocks for a slow peer wait although the uplink isn't full, and
/// with a fast uplink none wait because the socket buffers take them all.
/// </remarks>
internal sealed class UploadSlots
{
    /// <summary>Initial number of slots: three regular ones and an optimistic one.</summary>
    public const int Initial = 4;

    /// <summary>
    /// Minimum number of slots. With fewer, the optimistic slot would get more than a quarter of the upload rate, and
    /// peers that never reciprocate would profit from it.
    /// </summary>
    public const int Minimum = 4;

    /// <summary>Maximum number of slots. With more, each peer would receive its first whole piece too late.</summary>
    public const int Maximum = 100;

    /// <summary>
    /// Minimum time for which one slot more is tried while no requested block waits to be sent. In this time, a newly
    /// unchoked peer sends requests and begins to receive blocks.
    /// </summary>
    public static readonly TimeSpan ShortTrial = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Pause after a trial whose number of slots was not adopted, before the next trial. The pause doubles with each
    /// further such trial, up to a maximum, and is reset when a number of slots is adopted.
    /// </summary>
    private static readonly TimeSpan s_minPause = TimeSpan.FromSeconds(20);

    /// <summary>Maximum pause between trials.</summary>
    private static readonly TimeSpan s_maxPause = TimeSpan.FromSeconds(160);

    /// <summary>
    /// Threshold for the result of a trial with one slot more or fewer, as a share of the average rate per slot. One
    /// slot more is kept if it raises the upload rate by more than this. One slot fewer is kept if it lowers the upload
    /// rate by at most this. Applies while requested blocks wait to be sent.
    /// </summary>
    private const double SuccessShare = 0.5;

    /// <summary>
    /// Rise of the upload rate above which one slot more is kept while no requested block waits to be sent, as a share
    /// of a slot's average rate. The uplink isn't full then, so a small gain is worth a slot.
    /// </summary>
    private const double SuccessShareWhenIdle = 0.2;

    /// <summary>Share of the upload limit that the upload rate must reach for the limit to count as used up.</summary>
    private const double LimitReachedShare = 0.95;

    private enum Trial
    {
        None,
        More,
        Fewer,
    }

    private TimeSpan _trialBegan;
    private long _sentBefore;
    private int _ticks;
    private int _idleTicks;
    private long _rateBefore;
    private Trial _trial;
    private Trial _next = Trial.More;
    private TimeSpan _pause = s_minPause;
    private TimeSpan _pausedUntil;

    /// <summary>The number of upload slots, without those added for idle peers.</summary>
    public int Count { get; private set; } = Initial;

    /// <summary>
    /// Decides whether the number of slots being tried is kept, once it was tried long enough, and then tries the next
    /// number. Must be called about four times a second.
    /// </summary>
    /// <param name="sample">The state of the upload.</param>
    /// <param name="isRound">
    /// Whether the choker now assigns all slots again. Only then does a smaller number take effect.
    /// </param>
    /// <returns>Whether <see cref="Count"/> changed.</returns>
    public bool OnTick(in UploadSample sample, bool isRound)
    {
        _ticks++;
        _idleTicks += sample.BackloggedPeers == 0 ? 1 : 0;
        TimeSpan elapsed = sample.Now - _trialBegan;
        bool isUplinkIdle = _idleTicks > _ticks / 2;
        bool isOver = elapsed >= Choker.RoundInterval
            ? isRound
            : isUplinkIdle && _trial != Trial.Fewer && elapsed >= ShortTrial;
        if (!isOver)
            return false;

        long rate = (long)((sample.Sent - _sentBefore) / elapsed.TotalSeconds);
        int before = Count;
        Judge(rate, isUplinkIdle, sample);
        Try(rate, isUplinkIdle, sample);
        (_trialBegan, _sentBefore, _ticks, _idleTicks) = (sample.Now, sample.Sent, 0, 0);
        return Count != before;
    }

    private static bool IsFull(long rate, in UploadSample sample) =>
        sample.Limit is { } limit && rate >= limit * LimitReachedShare;

    /// <summary>Keeps the number of slots that was tried, or restores the number before it.</summary>
    private void Judge(long rate, bool isUplinkIdle, in UploadSample sample)
    {
        Trial trial = _trial;
        _trial = Trial.None;
        if (trial == Trial.More)
        {
            double share = isUplinkIdle ? SuccessShareWhenIdle : SuccessShare;
            if (rate > _rateBefore * (1 + (share / Count)))
                Succeed();
            else
                Fail(Math.Max(Count - 1, Minimum), Trial.Fewer, sample.Now);
        }
        else if (trial == Trial.Fewer)
        {
            bool isKept = rate >= _rateBefore * (1 - (SuccessShare / (Count + 1)));
            if ((isKept && !isUplinkIdle) || IsFull(rate, sample))
                Succeed();
            else
                Fail(Count + 1, Trial.More, sample.Now);
        }
    }

    private void Succeed() => _pause = s_minPause;

    private void Fail(int count, Trial next, TimeSpan now)
    {
        Count = count;
        _next = next;
        _pausedUntil = now + _pause;
        _pause = _pause * 2 < s_maxPause ? _pause * 2 : s_maxPause;
    }

    private void Try(long rate, bool isUplinkIdle, in UploadSample sample)
    {
        // While no peer waits for a slot, their number has no effect.
        if (sample.WaitingPeers == 0 || sample.Now < _pausedUntil)
            return;
        bool isFull = IsFull(rate, sample);
        if (isUplinkIdle && !isFull)
            _next = Trial.More;
        else if (isFull)
            _next = Trial.Fewer;
        if (_next == Trial.More && Count < Maximum)
        {
            Count++;
            _trial = Trial.More;
        }
        else if (_next == Trial.Fewer && Count > Minimum)
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

/// <summary>The state of a torrent's upload at one moment.</summary>
/// <param name="Now">The current time.</param>
/// <param name="Sent">Payload bytes uploaded since the torrent was added.</param>
/// <param name="Limit">The upload limit in bytes/s; null for none.</param>
/// <param name="BackloggedPeers">Number of unchoked peers for which requested blocks wait to be sent.</param>
/// <param name="WaitingPeers">Number of interested peers that are choked.</param>
internal readonly record struct UploadSample(
    TimeSpan Now, long Sent, long? Limit, int BackloggedPeers, int WaitingPeers);
