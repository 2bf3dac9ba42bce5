namespace TorrentPS.Protocol.Wire;

/// <summary>What a metadata message is (BEP 9, <c>msg_type</c>).</summary>
public enum MetadataMessageType
{
    /// <summary>Asks for a piece of the info dictionary.</summary>
    Request = 0,

    /// <summary>Brings one.</summary>
    Data = 1,

    /// <summary>Refuses one: the peer doesn't have it, or has given enough.</summary>
    Reject = 2,
}
