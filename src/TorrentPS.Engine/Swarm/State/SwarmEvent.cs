using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// An event handled by the swarm loop: a result from outside the loop, or a request of the user. The handler takes
/// ownership of the blocks and message batches that the event carries.
/// </summary>
internal abstract record SwarmEvent;

/// <summary>The periodic event of the loop. It occurs four times a second.</summary>
internal sealed record Tick : SwarmEvent
{
    public static readonly Tick Instance = new();
}

/// <summary>The downloaded metadata was accepted, and storage for the content is open.</summary>
/// <param name="Settings">Returns the loop's new settings, which contain the piece geometry.</param>
/// <param name="Store">The storage for the content.</param>
/// <param name="IsInfoHashChanged">
/// Whether the wire hash changed. This happens if a magnet link has only the v2 hash of a hybrid torrent, because the
/// v1 hash then becomes the wire hash. All peers are disconnected and dialed again.
/// </param>
internal sealed record ContentReady(
    Func<SwarmSettings> Settings, IPieceStore Store, bool IsInfoHashChanged) : SwarmEvent;

/// <summary>The downloaded metadata cannot be used. The torrent fails with the given fault.</summary>
internal sealed record MetadataRefused(TorrentFault Fault) : SwarmEvent;

/// <summary>The check of existing data has made progress.</summary>
/// <param name="Fraction">The checked part of the existing data, from 0 to 1.</param>
internal sealed record CheckProgressed(double Fraction) : SwarmEvent;

/// <summary>The check of existing data has finished.</summary>
/// <param name="Have">The pieces that match their hashes.</param>
internal sealed record CheckFinished(Bitfield Have) : SwarmEvent;

/// <summary>
/// Existing data could not be read, or the destination could not be prepared. The event pauses the torrent.
/// </summary>
internal sealed record CheckFailed(StorageFault Fault) : SwarmEvent;

internal sealed record PeersFound(IReadOnlyList<IPEndPoint> EndPoints, PeerSource Source) : SwarmEvent;

/// <summary>
/// A connection is open and both sides have sent their handshakes. The I/O loops of the connection have not started.
/// </summary>
/// <param name="Link">The connection.</param>
/// <param name="Handshake">The peer's handshake.</param>
/// <param name="Incoming">Whether the peer opened the connection.</param>
/// <param name="Start">Starts the I/O loops. Must be called once.</param>
internal sealed record PeerConnected(IPeerLink Link, Handshake Handshake, bool Incoming, Action Start) : SwarmEvent
{
    /// <summary>Whether all bytes of the connection are encrypted (MSE).</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>
    /// Closes the connection. Then starts the I/O loops, which end at once and release the resources of the connection.
    /// </summary>
    public void Refuse(DisconnectReason reason)
    {
        Link.Close(reason);
        Start();
    }
}

/// <summary>
/// A dial failed: no connection was made to the address, or the handshake received from it was not valid for this
/// torrent.
/// </summary>
/// <param name="EndPoint">The dialed address.</param>
/// <param name="IsSelf">Whether the address is this client's own.</param>
internal sealed record DialFailed(IPEndPoint EndPoint, bool IsSelf) : SwarmEvent;

/// <summary>Messages of a peer or blocks of a web seed were received.</summary>
internal sealed record MessagesReceived(IBlockSource Link, MessageBatch Batch) : SwarmEvent;

/// <summary>A peer's connection or the link to a web seed has closed.</summary>
internal sealed record PeerClosed(IBlockSource Link, DisconnectReason Reason, string? Detail) : SwarmEvent;

/// <summary>A piece passed its hash check and was written to disk.</summary>
/// <param name="Piece">The index of the piece.</param>
/// <param name="Digests">The block digests of the piece if it had failed its hash check before; otherwise null.</param>
internal sealed record PieceVerified(PieceIndex Piece, ulong[]? Digests) : SwarmEvent;

/// <summary>A piece failed its hash check, and storage discarded its blocks.</summary>
/// <param name="Piece">The index of the piece.</param>
/// <param name="Digests">
/// The block digests of the piece. Smart ban compares them later with those of the verified piece.
/// </param>
internal sealed record PieceRejected(PieceIndex Piece, ulong[] Digests) : SwarmEvent;

/// <summary>Storage could not write a piece. The event pauses the torrent.</summary>
internal sealed record StorageFaulted(StorageFault Fault) : SwarmEvent;

/// <summary>The user changed which files are wanted, or their priorities.</summary>
/// <param name="Priorities">
/// The priority of each piece. If the list is shorter than the number of pieces, the remaining pieces get
/// <see cref="DownloadPriority.Normal"/>.
/// </param>
internal sealed record PrioritiesChanged(IReadOnlyList<DownloadPriority> Priorities) : SwarmEvent;

/// <summary>The torrent's queue lets it start.</summary>
internal sealed record QueueAdmitted : SwarmEvent;

internal sealed record PauseRequested : SwarmEvent;

internal sealed record ResumeRequested : SwarmEvent;

internal sealed record StopRequested : SwarmEvent;

/// <summary>The interface to which the session is bound is gone. The event pauses the torrent.</summary>
internal sealed record NetworkLost(TorrentFault Fault) : SwarmEvent;

/// <summary>
/// The session is bound to its interface or address again. The event resumes the torrent if <see cref="NetworkLost"/>
/// paused it. If the loss was not noticed, the event closes the connections, which are bound to the old interface.
/// </summary>
/// <param name="Target">The interface or address.</param>
internal sealed record NetworkReturned(string Target) : SwarmEvent;

/// <summary>The settings of the torrent or of the session changed.</summary>
/// <param name="Change">Returns the loop's new settings when called with the current ones.</param>
/// <param name="Done">Completed by the loop after it has applied the new settings.</param>
internal sealed record SettingsChanged(
    Func<SwarmSettings, SwarmSettings> Change, TaskCompletionSource Done) : SwarmEvent;

internal sealed record PiecesRequested(TaskCompletionSource<IReadOnlyList<PieceStatus>> Answer) : SwarmEvent;

internal sealed record PeersRequested(TaskCompletionSource<IReadOnlyList<PeerStatus>> Answer) : SwarmEvent;

internal sealed record DisconnectedPeersRequested(
    TaskCompletionSource<IReadOnlyList<DisconnectedPeer>> Answer) : SwarmEvent;

internal sealed record BansRequested(TaskCompletionSource<IReadOnlyList<PeerBan>> Answer) : SwarmEvent;

/// <summary>The user lifts the bans of the origins in a network.</summary>
/// <param name="Network">The network.</param>
/// <param name="Answer">Completed with the number of lifted bans.</param>
internal sealed record UnbanRequested(IPNetwork Network, TaskCompletionSource<int> Answer) : SwarmEvent;
