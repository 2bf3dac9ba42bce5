namespace TorrentPS.Protocol.Tracker;

/// <summary>Why an announce is made; the values are those of BEP 15.</summary>
public enum AnnounceEvent
{
    /// <summary>One of the regular announces.</summary>
    None = 0,

    /// <summary>The last wanted piece has just come; never sent when everything was there at the start (BEP 3).</summary>
    Completed = 1,

    /// <summary>The first announce to this tracker.</summary>
    Started = 2,

    /// <summary>The last announce: the peer leaves.</summary>
    Stopped = 3,
}
