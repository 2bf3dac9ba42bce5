namespace TorrentPS.Protocol.Tracker;

/// <summary>What a packet of the UDP tracker protocol is (BEP 15).</summary>
public enum UdpTrackerAction
{
    /// <summary>Asks for, or gives, a connection id.</summary>
    Connect = 0,

    /// <summary>An announce or its answer.</summary>
    Announce = 1,

    /// <summary>A scrape or its answer.</summary>
    Scrape = 2,

    /// <summary>A refusal.</summary>
    Error = 3,
}
