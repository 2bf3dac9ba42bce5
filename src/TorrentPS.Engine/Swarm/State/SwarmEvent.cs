using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// Something that happened outside the loop, or that the user requested. Its handler owns the blocks and batches it
/// carries.
/// </summary>
internal abstract record SwarmEvent;

/// <summary>A quarter of a second has passed.</summary>
internal sealed record Tick : SwarmEvent
{
    public static readonly Tick Instance = new();
}

/// <summary>The downloaded metadata was accepted, and storage for the content is open.</summary>
/// <param name="Settings">Makes the loop's settings with the piece geometry.</param>
/// <param name="Store">The storage.</param>
/// <param name="IsInfoHashChanged">
/// Whether handshakes name another info hash from now on: a hybrid torrent was added by its v2 hash, and its peers use
/// the v1 hash. All peers are connected again.
/// </param>
internal sealed record ContentReady(
    Func<SwarmSettings> Settings, IPieceStore Store, bool IsInfoHashChanged) : SwarmEvent;

/// <summary>The downloaded metadata can't be used.</summary>
internal sealed record MetadataRefused(TorrentFault Fault) : SwarmEvent;

/// <summary>A part of the existing data was checked.</summary>
/// <param name="Fraction">The checked part, from 0 to 1.</param>
internal sealed record CheckProgressed(double Fraction) : SwarmEvent;

/// <summary>Existing data was checked.</summary>
/// <param name="Have">The pieces that match their hashes.</param>
internal sealed record CheckFinished(Bitfield Have) : SwarmEvent;

/// <summary>Existing data could not be read, or the destination could not be prepared.</summary>
internal sealed record CheckFailed(StorageFault Fault) : SwarmEvent;

/// <summary>A peer source named addresses.</summary>
internal sealed record PeersFound(IReadOnlyList<IPEndPoint> EndPoints, PeerSource Source) : SwarmEvent;

/// <summary>A connection was opened and both handshakes were exchanged. Its I/O loops have not been started.</summary>
/// <param name="Link">The connection.</param>
/// <param name="Handshake">The peer's handshake.</param>
/// <param name="Incoming">Whether the peer opened the connection.</param>
/// <param name="Start">Starts the I/O loops. Called once.</param>
internal sealed record PeerConnected(IPeerLink Link, Handshake Handshake, bool Incoming, Action Start) : SwarmEvent
{
    /// <summary>
    /// Closes the connection. Its I/O loops must still run: their end releases its resources.
    /// </summary>
    public void Refuse(DisconnectReason reason)
    {
        Link.Close(reason);
        Start();
    }
}

/// <summary>Dialing an address failed, or it answered with another handshake than a peer of this torrent.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="IsSelf">Whether this client itself answered.</param>
internal sealed record DialFailed(IPEndPoint EndPoint, bool IsSelf) : SwarmEvent;

/// <summary>A peer or a web seed sent messages. They came with one read of its socket.</summary>
internal sealed record MessagesReceived(IBlockSource Link, MessageBatch Batch) : SwarmEvent;

/// <summary>A connection or web seed link has closed.</summary>
internal sealed record PeerClosed(IBlockSource Link, DisconnectReason Reason, string? Detail) : SwarmEvent;

/// <summary>A piece matched its hash and was written to disk.</summary>
/// <param name="Piece">The piece.</param>
/// <param name="Digests">One digest per block when the piece had failed before; else null.</param>
internal sealed record PieceVerified(PieceIndex Piece, ulong[]? Digests) : SwarmEvent;

/// <summary>A piece failed its hash and was dropped.</summary>
/// <param name="Piece">The piece.</param>
/// <param name="Digests">One digest per block, to find the guilty peer when the piece is verified later.</param>
internal sealed record PieceRejected(PieceIndex Piece, ulong[] Digests) : SwarmEvent;

/// <summary>Storage failed to write.</summary>
internal sealed record StorageFaulted(StorageFault Fault) : SwarmEvent;

/// <summary>The user changed the selection or priorities of files.</summary>
/// <param name="Priorities">
/// The priority of each piece. Pieces beyond the list are <see cref="DownloadPriority.Normal"/>.
/// </param>
internal sealed record PrioritiesChanged(IReadOnlyList<DownloadPriority> Priorities) : SwarmEvent;

internal sealed record PauseRequested : SwarmEvent;

internal sealed record ResumeRequested : SwarmEvent;

internal sealed record StopRequested : SwarmEvent;

/// <summary>The settings of the torrent or the session changed.</summary>
/// <param name="Change">Makes the new settings from the current ones.</param>
/// <param name="Done">Completes when the new settings are in effect.</param>
internal sealed record SettingsChanged(
    Func<SwarmSettings, SwarmSettings> Change, TaskCompletionSource Done) : SwarmEvent;

/// <summary>Requests the status of all pieces.</summary>
internal sealed record PiecesRequested(TaskCompletionSource<IReadOnlyList<PieceStatus>> Answer) : SwarmEvent;

/// <summary>Requests the status of all connected peers and web seeds in use.</summary>
internal sealed record PeersRequested(TaskCompletionSource<IReadOnlyList<PeerStatus>> Answer) : SwarmEvent;
