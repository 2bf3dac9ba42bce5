using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>What a torrent is at a time: a magnet link whose metadata is sought, or content that is transferred. Nothing here blocks.</summary>
internal interface ITorrentStage
{
    /// <summary>What holds now.</summary>
    TorrentSettings Settings { get; }

    /// <summary>The newest status.</summary>
    TorrentStatus Status { get; }

    /// <summary>What each tracker last said.</summary>
    IReadOnlyList<TrackerStatus> Trackers { get; }

    /// <summary>What handshakes of this torrent say that we can do.</summary>
    PeerFeatures Features { get; }

    /// <summary>Takes a connection that somebody else began, its handshake heard and answered.</summary>
    void Accept(Socket socket, Handshake handshake);

    /// <summary>Waits.</summary>
    void Pause();

    /// <summary>Goes on.</summary>
    void Resume();

    /// <summary>Ends.</summary>
    void Stop();

    /// <summary>Changes the limits alone, at once.</summary>
    void SetLimits(long? download, long? upload);

    /// <summary>Names more peers to try.</summary>
    void AddPeers(IReadOnlyList<IPEndPoint> peers);

    /// <summary>Changes settings.</summary>
    Task ChangeAsync(TorrentChange change);

    /// <summary>The peers connected now; empty once ended.</summary>
    Task<IReadOnlyList<PeerStatus>> GetPeersAsync();

    /// <summary>Every piece as it is now; empty while they are not known, and once ended.</summary>
    Task<IReadOnlyList<PieceStatus>> GetPiecesAsync();
}
