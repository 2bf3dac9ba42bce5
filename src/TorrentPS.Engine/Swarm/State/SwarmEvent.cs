using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>Something that happened outside the loop, or that a user asked for. Plain values; whoever handles it owns what it carries.</summary>
internal abstract record SwarmEvent;

/// <summary>Some time has passed; comes about four times a second.</summary>
internal sealed record Tick : SwarmEvent
{
    public static readonly Tick Instance = new();
}

/// <summary>The downloaded metadata was accepted, and storage for the content is open.</summary>
/// <param name="Settings">Makes the loop's settings with the piece geometry.</param>
/// <param name="Store">The storage.</param>
/// <param name="IsInfoHashChanged">
/// Whether peers know the torrent by another info hash than the one used so far: the v1 hash of a hybrid torrent that was added by its v2
/// hash. All peers are connected again.
/// </param>
internal sealed record ContentReady(Func<SwarmSettings> Settings, IPieceStore Store, bool IsInfoHashChanged) : SwarmEvent;

/// <summary>The downloaded metadata can't be used.</summary>
internal sealed record MetadataRefused(TorrentFault Fault) : SwarmEvent;

/// <summary>Part of the existing data has been read.</summary>
/// <param name="Fraction">0–1.</param>
internal sealed record CheckProgressed(double Fraction) : SwarmEvent;

/// <summary>The existing data was verified.</summary>
/// <param name="Have">The pieces that are right.</param>
internal sealed record CheckFinished(Bitfield Have) : SwarmEvent;

/// <summary>Existing data could not be read, or the destination not used.</summary>
internal sealed record CheckFailed(StorageFault Fault) : SwarmEvent;

/// <summary>Addresses became known.</summary>
internal sealed record PeersFound(IReadOnlyList<IPEndPoint> EndPoints, PeerSource Source) : SwarmEvent;

/// <summary>A connection stands, both handshakes behind it; its pumps wait to be started by <see cref="Start"/>.</summary>
internal sealed record PeerConnected(IPeerLink Link, Handshake Handshake, bool Incoming, Action Start) : SwarmEvent
{
    /// <summary>Closes it; its pumps still run to their end, so that everything it holds is given back.</summary>
    public void Refuse(DisconnectReason reason)
    {
        Link.Close(reason);
        Start();
    }
}

/// <summary>An address did not answer, or not as a peer of this torrent.</summary>
internal sealed record DialFailed(IPEndPoint EndPoint, bool IsSelf) : SwarmEvent;

/// <summary>Messages of one read.</summary>
internal sealed record MessagesReceived(IBlockSource Link, MessageBatch Batch) : SwarmEvent;

/// <summary>A connection is over.</summary>
internal sealed record PeerClosed(IBlockSource Link, DisconnectReason Reason, string? Detail) : SwarmEvent;

/// <summary>A piece is on disk.</summary>
internal sealed record PieceVerified(PieceIndex Piece, ulong[]? Digests) : SwarmEvent;

/// <summary>A piece was wrong.</summary>
internal sealed record PieceRejected(PieceIndex Piece, ulong[] Digests) : SwarmEvent;

/// <summary>The disk refused.</summary>
internal sealed record StorageFaulted(StorageFault Fault) : SwarmEvent;

/// <summary>The user wants other pieces, or in another order of importance.</summary>
/// <param name="Priorities">The wish for each piece; pieces beyond the list are <see cref="DownloadPriority.Normal"/>.</param>
internal sealed record PrioritiesChanged(IReadOnlyList<DownloadPriority> Priorities) : SwarmEvent;

/// <summary>The user wants it to wait.</summary>
internal sealed record PauseRequested : SwarmEvent;

/// <summary>The user wants it to go on.</summary>
internal sealed record ResumeRequested : SwarmEvent;

/// <summary>The user wants it to end.</summary>
internal sealed record StopRequested : SwarmEvent;

/// <summary>The user wants it to run in another way.</summary>
/// <param name="Change">Makes the new settings of those that hold.</param>
/// <param name="Done">Ends when they hold.</param>
internal sealed record SettingsChanged(Func<SwarmSettings, SwarmSettings> Change, TaskCompletionSource Done) : SwarmEvent;

/// <summary>Somebody asks how the pieces are.</summary>
internal sealed record PiecesRequested(TaskCompletionSource<IReadOnlyList<PieceStatus>> Answer) : SwarmEvent;

/// <summary>Somebody asks who is connected.</summary>
internal sealed record PeersRequested(TaskCompletionSource<IReadOnlyList<PeerStatus>> Answer) : SwarmEvent;
