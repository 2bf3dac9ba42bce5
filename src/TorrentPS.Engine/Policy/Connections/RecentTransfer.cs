namespace TorrentPS.Engine.Policy.Connections;

/// <summary>What moved in the last minute or two: whether a peer still trades, not only once did.</summary>
internal struct RecentTransfer
{
    private static readonly TimeSpan s_length = TimeSpan.FromMinutes(1);

    private TimeSpan _marked;
    private long _mark;
    private long _before;

    /// <summary>To be called about once a second.</summary>
    /// <param name="total">All bytes ever.</param>
    /// <param name="now">The time since the torrent was added.</param>
    public void Sample(long total, TimeSpan now)
    {
        if (now - _marked < s_length)
            return;
        (_marked, _before, _mark) = (now, _mark, total);
    }

    /// <summary>The bytes since the mark before the last.</summary>
    /// <param name="total">All bytes ever.</param>
    public readonly long Lately(long total) => total - _before;
}
