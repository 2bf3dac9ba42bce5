namespace TorrentPS.Engine.Policy.Connections;

/// <summary>Counts the bytes transferred in the last one to two minutes, from two samples a minute apart.</summary>
internal struct RecentTransfer
{
    /// <summary>Time between two samples.</summary>
    private static readonly TimeSpan s_sampleInterval = TimeSpan.FromMinutes(1);

    private TimeSpan _marked;
    private long _mark;
    private long _before;

    /// <summary>
    /// Stores the total as a sample, if the last sample is at least a minute old. Must be called about once a second.
    /// </summary>
    /// <param name="total">Bytes transferred since the connection began.</param>
    /// <param name="now">The time since the torrent was added.</param>
    public void Sample(long total, TimeSpan now)
    {
        if (now - _marked < s_sampleInterval)
            return;
        (_marked, _before, _mark) = (now, _mark, total);
    }

    /// <summary>Returns the number of bytes transferred since the second-last sample.</summary>
    /// <param name="total">Bytes transferred since the connection began.</param>
    public readonly long RecentBytes(long total) => total - _before;
}
