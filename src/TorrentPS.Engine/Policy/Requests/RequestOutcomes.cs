namespace TorrentPS.Engine.Policy.Requests;

/// <summary>How a peer that has us unchoked answers what it is asked: by blocks, by refusals, or not at all.</summary>
internal sealed class RequestOutcomes
{
    /// <summary>So many requests may be refused before it counts: a peer's queue may be fuller than it told, and its disk may fail.</summary>
    public const int MaxRefusals = 64;

    /// <summary>A peer may leave us without a block for so long after the first time-out: its line may be down for a while.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private long _given;
    private long _refused;
    private TimeSpan? _stalledSince;

    /// <summary>Whether it mostly refuses what it claims to have.</summary>
    public bool IsLiar => _refused >= MaxRefusals && _refused > _given;

    /// <summary>Whether it keeps us waiting for nothing.</summary>
    /// <param name="now">The time since the torrent was added.</param>
    public bool IsStaller(TimeSpan now) => _stalledSince is { } since && now - since >= Patience;

    /// <summary>A block came that it was asked for.</summary>
    public void OnBlock()
    {
        _given++;
        _stalledSince = null;
    }

    /// <summary>It refused a block although it has us unchoked and says it has the piece.</summary>
    public void OnRefusal() => _refused++;

    /// <summary>It was asked and gave nothing for as long as a block may take.</summary>
    /// <param name="now">The time since the torrent was added.</param>
    public void OnStall(TimeSpan now) => _stalledSince ??= now;
}
