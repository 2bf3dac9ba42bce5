using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// Status of a piece of a running torrent. All properties are numbers, strings or enumeration values, so that
/// Export-Csv shows them.
/// </summary>
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

    /// <summary>Zero-based index of the piece.</summary>
    public int Index => _piece.Index;

    /// <summary>Whether the piece is missing, partial, verified or unwanted.</summary>
    public PieceState State => _piece.State;

    /// <summary>Download priority of the piece: the highest of its files' priorities.</summary>
    public DownloadPriority Priority => _piece.Priority;

    /// <summary>Number of connected peers and web seeds that have the piece.</summary>
    public int Availability => _piece.Availability;

    /// <summary>Length of the piece in bytes.</summary>
    public int Length => _piece.Length;

    /// <summary>Number of blocks (16 KiB) in the piece.</summary>
    public int BlockCount => _piece.BlockCount;

    /// <summary>Number of blocks received; all of them if the piece is verified.</summary>
    public int BlocksReceived => _piece.BlocksReceived;

    /// <summary>Number of blocks requested and not received yet.</summary>
    public int BlocksRequested => _piece.BlocksRequested;

    /// <summary>
    /// The torrent's info hash in lower-case hexadecimal: the v1 hash, or the v2 hash if the torrent has no v1 hash.
    /// </summary>
    public string? InfoHash { get; }

    /// <summary>Returns the index and the state.</summary>
    public override string ToString() => $"{Index} ({State})";

    internal static IEnumerable<TorrentPiece> Of(Torrent torrent, IEnumerable<PieceStatus> pieces)
    {
        EngineStatus status = torrent.Status;
        string? infoHash = status.InfoHash?.ToString() ?? status.InfoHashV2?.ToString();
        return pieces.Select(piece => new TorrentPiece(status.Name, infoHash, piece));
    }
}
