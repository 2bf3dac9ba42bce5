using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>A piece of a running torrent at one moment, flat and typed for tables and Export-Csv.</summary>
public sealed class TorrentPiece
{
    private readonly PieceStatus _piece;

    internal TorrentPiece(string torrent, string? infoHash, PieceStatus piece)
    {
        Torrent = torrent;
        InfoHash = infoHash;
        _piece = piece;
    }

    /// <summary>The torrent's name.</summary>
    public string Torrent { get; }

    /// <summary>Its number, from 0.</summary>
    public int Index => _piece.Index;

    /// <summary>What there is of it.</summary>
    public PieceState State => _piece.State;

    /// <summary>How much it is wanted.</summary>
    public DownloadPriority Priority => _piece.Priority;

    /// <summary>How many connected peers have it.</summary>
    public int Availability => _piece.Availability;

    /// <summary>Its length in bytes.</summary>
    public int Length => _piece.Length;

    /// <summary>How many blocks it has.</summary>
    public int BlockCount => _piece.BlockCount;

    /// <summary>How many blocks are here; all when it is verified.</summary>
    public int BlocksReceived => _piece.BlocksReceived;

    /// <summary>How many blocks are asked for and not here.</summary>
    public int BlocksRequested => _piece.BlocksRequested;

    /// <summary>The torrent's info hash in lower-case hex.</summary>
    public string? InfoHash { get; }

    /// <summary>The number and what there is of it.</summary>
    public override string ToString() => $"{Index} ({State})";

    internal static IEnumerable<TorrentPiece> Of(Torrent torrent, IEnumerable<PieceStatus> pieces)
    {
        EngineStatus status = torrent.Status;
        string? infoHash = status.InfoHash?.ToString() ?? status.InfoHashV2?.ToString();
        return pieces.Select(piece => new TorrentPiece(status.Name, infoHash, piece));
    }
}
