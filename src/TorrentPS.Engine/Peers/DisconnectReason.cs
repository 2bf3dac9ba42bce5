namespace TorrentPS.Engine.Peers;

/// <summary>Why a connection ended.</summary>
internal enum DisconnectReason
{
    /// <summary>The peer closed it, or the network broke.</summary>
    RemoteClosed,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError,

    /// <summary>The peer said nothing for too long.</summary>
    Idle,

    /// <summary>It is ourselves.</summary>
    SelfConnection,

    /// <summary>The same peer is connected already.</summary>
    Duplicate,

    /// <summary>There are connections enough.</summary>
    TooMany,

    /// <summary>It is banned.</summary>
    Banned,

    /// <summary>It says it serves us and does not.</summary>
    ServesNothing,

    /// <summary>A web seed that does not have the content, or failed too often.</summary>
    Unusable,

    /// <summary>The penalty of the peer's address is over the limit (<see cref="Policy.Trust.PeerPenalties"/>).</summary>
    Penalised,

    /// <summary>Both sides have everything, or neither can give the other anything.</summary>
    Useless,

    /// <summary>The torrent goes on under another info hash; the peer is connected again.</summary>
    InfoHashChanged,

    /// <summary>The torrent is paused or stopped.</summary>
    Stopping,

    /// <summary>The content could not be read.</summary>
    ContentUnreadable,
}

internal static class DisconnectReasonExtensions
{
    /// <summary>Whether the peer broke the protocol or promised blocks that it never sent. Its address gets a penalty for that.</summary>
    public static bool IsMisbehaviour(this DisconnectReason reason) =>
        reason is DisconnectReason.ProtocolError or DisconnectReason.ServesNothing;
}
