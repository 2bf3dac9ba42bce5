namespace TorrentPS.Engine;

/// <summary>Why a connection to a peer, or the use of a web seed, ended.</summary>
public enum DisconnectReason
{
    /// <summary>The peer closed the connection, or the network failed.</summary>
    RemoteClosed,

    /// <summary>The peer sent a malformed message or broke a rule of the protocol.</summary>
    ProtocolError,

    /// <summary>The peer sent nothing for too long, or read the data sent to it too slowly.</summary>
    Idle,

    /// <summary>
    /// The connection leads back to this client: the received handshake contains this client's own peer id.
    /// </summary>
    SelfConnection,

    /// <summary>Another connection to the same peer is kept instead.</summary>
    Duplicate,

    /// <summary>The maximum number of connections was reached.</summary>
    TooMany,

    /// <summary>
    /// The torrent already has the maximum number of connections to the peer's address
    /// (<see cref="SessionSettings.MaxConnectionsPerAddress"/>).
    /// </summary>
    TooManyFromAddress,

    /// <summary>The peer's address is banned because wrong data came from it.</summary>
    Banned,

    /// <summary>The peer's address is in the user's <see cref="SessionSettings.BlockList"/>.</summary>
    Blocked,

    /// <summary>
    /// The peer did not send requested blocks although it unchoked this client, or it did not send requested metadata.
    /// </summary>
    ServesNothing,

    /// <summary>The web seed does not have the content, or failed too often.</summary>
    Unusable,

    /// <summary>
    /// The peer's address is refused for some minutes, because its earlier connections were useless or broke the
    /// protocol.
    /// </summary>
    Penalised,

    /// <summary>The connection is of no use, for example because both sides are seeds.</summary>
    Useless,

    /// <summary>
    /// The torrent's wire hash changed, because a hybrid torrent (BEP 52) uses its v1 hash once the metadata is known.
    /// This client then connects to the peer again.
    /// </summary>
    InfoHashChanged,

    /// <summary>
    /// The torrent is paused or stopped, or the torrent is private and the peer's address came from a peer source that
    /// private torrents must not use.
    /// </summary>
    Stopping,

    /// <summary>A requested block could not be read from storage.</summary>
    ContentUnreadable,

    /// <summary>
    /// The connection failed because the network interface to which this client is bound was replaced. This client then
    /// connects to the peer again.
    /// </summary>
    NetworkChanged,
}

internal static class DisconnectReasonExtensions
{
    /// <summary>
    /// Whether the reason is misbehaviour of the peer: a broken protocol rule, or requests that the peer did not
    /// answer. The peer's origin then gets a penalty.
    /// </summary>
    public static bool IsMisbehaviour(this DisconnectReason reason) =>
        reason is DisconnectReason.ProtocolError or DisconnectReason.ServesNothing;
}
