using System.Net;

namespace TorrentPS.Engine.Session;

/// <summary>What a torrent is at a time: a magnet link whose metadata is sought, or content that is transferred. Nothing here blocks.</summary>
internal interface ITorrentStage : IConnectionOwner
{
    /// <summary>What holds now.</summary>
    TorrentSettings Settings { get; }

    /// <summary>The newest status.</summary>
    TorrentStatus Status { get; }

    /// <summary>What each tracker last said.</summary>
    IReadOnlyList<TrackerStatus> Trackers { get; }

    /// <summary>Waits.</summary>
    void Pause();

    /// <summary>Goes on.</summary>
    void Resume();

    /// <summary>Ends.</summary>
    void Stop();

    /// <summary>The session's settings have changed: what they say of finding peers holds from now on.</summary>
    void UseSession();

    /// <summary>Names more peers to try.</summary>
    void AddPeers(IReadOnlyList<IPEndPoint> peers);

    /// <summary>Replaces the torrent's settings.</summary>
    Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change);

    /// <summary>The peers connected now; empty once ended.</summary>
    Task<IReadOnlyList<PeerStatus>> GetPeersAsync();

    /// <summary>Every piece as it is now; empty while they are not known, and once ended.</summary>
    Task<IReadOnlyList<PieceStatus>> GetPiecesAsync();
}
