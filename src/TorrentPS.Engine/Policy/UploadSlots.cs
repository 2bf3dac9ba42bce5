namespace TorrentPS.Engine.Policy;

/// <summary>How many peers to upload to at once: the fewest that fill the uplink.</summary>
/// <remarks>
/// Nobody tells how fast an uplink is, so it is tried: one slot more while peers wait and each slot more brought more upload; a slot
/// that brought nothing is taken back, and not tried again for some rounds.
/// </remarks>
internal sealed class UploadSlots
{
    /// <summary>Three partners and one to be tried.</summary>
    public const int Start = 4;

    /// <summary>The least: one partner and one to be tried.</summary>
    public const int Fewest = 2;

    /// <summary>The most: beyond, each would get too little to be worth its requests.</summary>
    public const int Most = 100;

    private const int RoundsBetweenTrials = 6;
    private const double GainThatCounts = 1.03;
    private const double FullShare = 0.95;

    private long _rateBefore;
    private bool _isTrial;
    private int _rest;

    /// <summary>How many peers may be unchoked.</summary>
    public int Count { get; private set; } = Start;

    /// <summary>To be called each <see cref="Choker.Round"/>, before the choker decides.</summary>
    /// <param name="uploadRate">What was uploaded since the last round, in bytes/s.</param>
    /// <param name="limit">The upload limit in bytes/s, or null for none.</param>
    /// <param name="waiting">How many interested peers have no slot.</param>
    public void OnRound(long uploadRate, long? limit, int waiting)
    {
        bool isFull = limit is { } most && uploadRate >= most * FullShare;
        if (_isTrial && (isFull || uploadRate < _rateBefore * GainThatCounts))
        {
            _isTrial = false;
            _rest = RoundsBetweenTrials;
            if (!isFull)
                Count = Math.Max(Count - 1, Fewest);
            return;
        }

        _isTrial = false;
        if (_rest > 0)
            _rest--;
        else if (!isFull && waiting > 0 && Count < Most)
        {
            _isTrial = true;
            _rateBefore = uploadRate;
            Count++;
        }
    }
}
