namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// Computes the bytes transferred in the last one to two minutes, from two samples that are a minute apart.
/// </summary>
internal struct RecentTransfer
{
    private static readonly TimeSpan s_sampleInterval = TimeSpan.FromMinutes(1);

    private TimeSpan _sampledAt;
    private long _lastSample;
    private long _previousSample;

    /// <summary>
    /// Stores the total as a sample, if the last sample is at least a minute old. Must be called about once a second.
    /// </summary>
    /// <param name="total">Bytes transferred since the connection began.</param>
    /// <param name="now">The time since the torrent was added.</param>
    public void Sample(long total, TimeSpan now)
    {
        if (now - _sampledAt < s_sampleInterval)
            return;
        (_sampledAt, _previousSample, _lastSample) = (now, _lastSample, total);
    }

    /// <summary>Returns the number of bytes transferred since the sample before the last one.</summary>
    /// <param name="total">Bytes transferred since the connection began.</param>
    public readonly long RecentBytes(long total) => total - _previousSample;
}
