using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// Progress of a file of a running torrent at one moment. All properties are numbers, strings or enumeration values, so
/// that Export-Csv shows them.
/// </summary>
public sealed class TorrentFileProgress
{
    private readonly FileStatus _file;

    internal TorrentFileProgress(EngineStatus torrent, FileStatus file)
    {
        Torrent = torrent.Name;
        InfoHash = torrent.InfoHash?.ToString() ?? torrent.InfoHashV2?.ToString();
        _file = file;
    }

    /// <summary>The torrent's name.</summary>
    public string Torrent { get; }

    /// <summary>Zero-based index of the file among all files of the torrent, including pad files.</summary>
    public int Index => _file.Index;

    /// <summary>Safe relative path of the file on disk, with '/' as separator.</summary>
    public string Path => _file.Path;

    /// <summary>Length of the file in bytes.</summary>
    public long Size => _file.Size;

    /// <summary>Bytes of the file in verified pieces.</summary>
    public long Completed => _file.Completed;

    /// <summary><see cref="Completed"/> as a percentage of <see cref="Size"/>; 100 for an empty file.</summary>
    public double Progress => _file.Progress;

    /// <summary>Download priority of the file; Skip if the file is not wanted.</summary>
    public DownloadPriority Priority => _file.Priority;

    /// <summary>Zero-based index of the first piece with bytes of the file; null for an empty file.</summary>
    public int? FirstPiece => _file.FirstPiece;

    /// <summary>Zero-based index of the last piece with bytes of the file; null for an empty file.</summary>
    public int? LastPiece => _file.LastPiece;

    /// <summary>
    /// The torrent's info hash in lower-case hexadecimal: the v1 hash, or the v2 hash if the torrent has no v1 hash.
    /// </summary>
    public string? InfoHash { get; }

    /// <summary>Returns the path and the progress.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Path} ({Progress:0.0} %)");
}
