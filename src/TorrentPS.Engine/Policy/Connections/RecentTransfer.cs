namespace TorrentPS.Engine.Policy.Connections;

/// <summary>Counts the bytes transferred in the last one to two minutes, from two samples a minute apart.</summary>
internal struct RecentTransfer
{
    /// <summary>Time between two samples.</summary>
    private static readonly TimeSpan s_sampleInterval = TimeSpan.FromMinutes(1);

    private TimeSpan _marked;
    private long _mark;
    private long _before;

    /// <summary>Takes a sample, if the last one is at least a minute old. Must be called about once a second.</summary>
    /// <param name="total">All bytes since the connection began.</param>
    /// <param name="now">The time since the torrent was added.</param>
    public void Sample(long total, TimeSpan now)
    {
        if (now - _marked < s_sampleInterval)
            return;
        (_marked, _before, _mark) = (now, _mark, total);
    }

    /// <summary>Returns the bytes transferred since the sample before the last one.</summary>
    /// <param name="total">All bytes since the connection began.</param>
    public readonly long RecentBytes(long total) => total - _before;
}
