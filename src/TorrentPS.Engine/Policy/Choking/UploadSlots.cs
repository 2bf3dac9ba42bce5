namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Finds the smallest number of upload slots that uses the whole upload capacity.</summary>
/// <remarks>
/// <para>
/// The capacity of the uplink isn't known, so the number is found by trials. A trial adds or removes one slot and
/// compares the upload rate with the rate before. While no requested block waits to be sent, the uplink is probably not
/// full, and a trial with an additional slot takes only a few seconds. Otherwise a trial takes one round.
/// </para>
/// <para>
/// An additional slot is kept if it raises the upload rate by more than half of a slot's average rate. A removed slot
/// stays removed if the upload rate falls by at most half of a slot's average rate. A failed trial restores the
/// previous number. The next trial usually goes in the opposite direction, after a pause that doubles with each failed
/// trial.
/// </para>
/// <para>
/// Waiting blocks alone don't show whether the uplink is full. Blocks for a slow peer wait even if the uplink isn't
/// full. If the uplink is fast, no blocks wait even if it is full, because the socket buffers take them all.
/// </para>
/// </remarks>
internal sealed class UploadSlots
{
    /// <summary>Initial number of slots: three regular slots and an optimistic one.</summary>
    public const int Initial = 4;

    /// <summary>
    /// Minimum number of slots. With fewer slots, more than a quarter of the upload rate would go to the optimistic
    /// slot, and the peers in that slot seldom reciprocate.
    /// </summary>
    public const int Minimum = 4;

    /// <summary>
    /// Maximum number of slots. With more slots, the rate of each is so low that a new peer waits long for its
    /// first complete piece, which it could upload to others.
    /// </summary>
    public const int Maximum = 100;

    /// <summary>
    /// Minimum duration of a trial with an additional slot while the uplink is probably not full. In this time, a newly
    /// unchoked peer sends requests and begins to receive blocks.
    /// </summary>
    public static readonly TimeSpan ShortTrial = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Pause between a failed trial and the next trial. It doubles with each further failed trial up to
    /// <see cref="s_maxPause"/>. A successful trial resets it.
    /// </summary>
    private static readonly TimeSpan s_minPause = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_maxPause = TimeSpan.FromSeconds(160);

    /// <summary>
    /// Threshold for the change of the upload rate after the number of slots was changed, as a share of the average
    /// upload rate of one slot. It applies while requested blocks wait to be sent. An additional slot is kept if the
    /// rate rises by more than the threshold. A removed slot stays removed if the rate falls by at most the threshold.
    /// </summary>
    private const double SuccessShare = 0.5;

    /// <summary>
    /// Minimum rise of the upload rate that justifies an additional slot while no requested blocks wait to be sent, as
    /// a share of the average upload rate of one slot. The share is lower than <see cref="SuccessShare"/>, because the
    /// uplink probably has unused capacity.
    /// </summary>
    private const double SuccessShareWhenIdle = 0.2;

    /// <summary>Minimum upload rate at which the upload limit counts as used up, as a share of the limit.</summary>
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

    /// <summary>Gets the number of upload slots, without the slots added for idle peers.</summary>
    public int Count { get; private set; } = Initial;

    /// <summary>
    /// Ends the current trial if it has lasted long enough: keeps or restores the number of slots, and starts the next
    /// trial. Must be called about four times a second.
    /// </summary>
    /// <param name="sample">The state of the upload.</param>
    /// <param name="isRound">
    /// Whether the choker now assigns all slots again. A smaller number of slots takes effect only then.
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
        EndTrial(rate, isUplinkIdle, sample);
        StartTrial(rate, isUplinkIdle, sample);
        (_trialBegan, _sentBefore, _ticks, _idleTicks) = (sample.Now, sample.Sent, 0, 0);
        return Count != before;
    }

    private static bool IsFull(long rate, in UploadSample sample) =>
        sample.Limit is { } limit && rate >= limit * LimitReachedShare;

    /// <summary>Keeps the number of slots of the trial, or restores the previous number.</summary>
    private void EndTrial(long rate, bool isUplinkIdle, in UploadSample sample)
    {
        Trial trial = _trial;
        _trial = Trial.None;
        if (trial == Trial.More)
        {
            double share = isUplinkIdle ? SuccessShareWhenIdle : SuccessShare;
            if (rate > _rateBefore * (1 + (share / Count)))
                ResetPause();
            else
                RevertTrial(Math.Max(Count - 1, Minimum), Trial.Fewer, sample.Now);
        }
        else if (trial == Trial.Fewer)
        {
            bool isKept = rate >= _rateBefore * (1 - (SuccessShare / (Count + 1)));
            if ((isKept && !isUplinkIdle) || IsFull(rate, sample))
                ResetPause();
            else
                RevertTrial(Count + 1, Trial.More, sample.Now);
        }
    }

    private void ResetPause() => _pause = s_minPause;

    private void RevertTrial(int count, Trial next, TimeSpan now)
    {
        Count = count;
        _next = next;
        _pausedUntil = now + _pause;
        _pause = _pause * 2 < s_maxPause ? _pause * 2 : s_maxPause;
    }

    private void StartTrial(long rate, bool isUplinkIdle, in UploadSample sample)
    {
        // While no peer waits for a slot, the number of slots has no effect.
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
