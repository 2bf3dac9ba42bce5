namespace TorrentPS.Protocol.Utp;

/// <summary>The types of uTP packets (BEP 29, "type").</summary>
public enum UtpPacketType : byte
{
    /// <summary>Carries payload.</summary>
    Data = 0,

    /// <summary>Ends the sender's stream. Its sequence number follows that of the last packet with payload.</summary>
    Fin = 1,

    /// <summary>Acknowledges packets. It has no payload and does not use up a sequence number.</summary>
    State = 2,

    /// <summary>Ends the connection at once.</summary>
    Reset = 3,

    /// <summary>Opens a connection.</summary>
    Syn = 4,
}
