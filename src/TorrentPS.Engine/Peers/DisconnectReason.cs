namespace TorrentPS.Engine.Peers;

/// <summary>Why a connection was closed.</summary>
internal enum DisconnectReason
{
    /// <summary>The peer closed the connection, or the network failed.</summary>
    RemoteClosed,

    /// <summary>The peer sent a malformed message or broke a rule of the protocol.</summary>
    ProtocolError,

    /// <summary>The peer sent nothing for too long, or read the data sent to it too slowly.</summary>
    Idle,

    /// <summary>The connection leads back to this client: the peer has this client's peer id.</summary>
    SelfConnection,

    /// <summary>Another connection to the same peer is kept instead.</summary>
    Duplicate,

    /// <summary>The maximum number of connections was reached.</summary>
    TooMany,

    /// <summary>The peer's address is banned, because it sent data that failed the hash check.</summary>
    Banned,

    /// <summary>The peer unchoked this client but did not send the requested blocks.</summary>
    ServesNothing,

    /// <summary>The web seed does not have the content, or failed too often.</summary>
    Unusable,

    /// <summary>
    /// The penalty score of the peer's address has reached the threshold (<see cref="Policy.Trust.PeerPenalties"/>).
    /// </summary>
    Penalised,

    /// <summary>Neither side needs anything from the other; for example, both are seeds.</summary>
    Useless,

    /// <summary>
    /// The torrent's wire hash changed: a hybrid torrent (BEP 52) uses its v1 hash once the metadata is known. This
    /// client then connects to the peer again.
    /// </summary>
    InfoHashChanged,

    /// <summary>The torrent is paused or stopped.</summary>
    Stopping,

    /// <summary>A requested block could not be read from storage.</summary>
    ContentUnreadable,
}

/// <summary>Classifies disconnect reasons.</summary>
internal static class DisconnectReasonExtensions
{
    /// <summary>
    /// Whether the reason is misbehaviour of the peer: a broken protocol rule, or unchoking this client without
    /// sending the requested blocks. The peer's address then gets a penalty.
    /// </summary>
    public static bool IsMisbehaviour(this DisconnectReason reason) =>
        reason is DisconnectReason.ProtocolError or DisconnectReason.ServesNothing;
}
