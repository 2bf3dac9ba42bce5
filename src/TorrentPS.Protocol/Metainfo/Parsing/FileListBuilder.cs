using System.Globalization;
using System.Text;
using TorrentPS.Protocol.Metainfo.Naming;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Converts the file descriptions of a torrent to files with safe paths, offsets and piece indices.</summary>
/// <param name="topFolder">Safe name of the top-level folder, or null for a torrent without such a folder.</param>
/// <param name="rawTopFolder">Name of the top-level folder as given in the torrent.</param>
/// <param name="limits">
/// Limits on the metainfo. Only <see cref="MetainfoLimits.MaxTotalPathLength"/> is applied.
/// </param>
/// <param name="warnings">List to which warnings about changed names and symlinks are added.</param>
internal sealed class FileListBuilder(
    string? topFolder, string rawTopFolder, MetainfoLimits limits, WarningList warnings)
{
    private readonly SafeFolder _root = new(topFolder ?? string.Empty);
    private readonly bool _isTopFolderChanged = topFolder is not null && topFolder != rawTopFolder;
    private long _pathLength;

    /// <summary>Returns the files in the order of their descriptions.</summary>
    /// <param name="files">The file descriptions in the order of the torrent.</param>
    /// <param name="pieceLength">Piece length in bytes.</param>
    /// <param name="isFileAligned">
    /// Whether each file starts a new piece without pad files, as in v2-only torrents.
    /// </param>
    /// <param name="layers">The piece layers, or null if the torrent is v1-only or lacks them.</param>
    public List<TorrentFile> Build(List<RawFile> files, int pieceLength, bool isFileAligned, PieceLayers? layers)
    {
        (string Path, string? Original)[] paths = [.. files.Select(SafePath)];
        var links = new SymlinkResolver(_root, topFolder, warnings);
        var built = new List<TorrentFile>(files.Count);
        long offset = 0;
        for (int i = 0; i < files.Count; i++)
        {
            RawFile file = files[i];
            long next = offset + file.Length;
            built.Add(new TorrentFile
            {
                Index = i,
                Path = paths[i].Path,
                OriginalPath = paths[i].Original,
                Length = file.Length,
                Offset = offset,
                Attributes = file.Attributes,
                SymlinkTarget = file.IsSymlink ? links.Resolve(file, paths[i].Path) : null,
                PiecesRoot = file.Root,
                PieceLayer = file.IsPadding || layers is null ? default : layers.LayerOf(file),
                FirstPiece = new PieceIndex((int)(offset / pieceLength)),
                PieceSpan = file.Length == 0 ? 0 : (int)(((next - 1) / pieceLength) - (offset / pieceLength) + 1),
            });
            long rest = next % pieceLength;
            offset = isFileAligned && rest > 0 ? next - rest + pieceLength : next;
        }

        return built;
    }

    private (string Path, string? Original) SafePath(RawFile file)
    {
        if (file.Path is null)
            return (PadPath(file.Length), null);
        SafeFolder folder = FolderOf(file.Path.Parent, file);
        string path = folder.AddFile(file.Path.Name.Span, out NameFlaws flaws);
        Report(flaws, file);
        bool changed = _isTopFolderChanged
            || folder.IsChanged
            || flaws != NameFlaws.None
            || IsShorter(path, file.Path);
        _pathLength += path.Length + (changed ? file.Path.ByteLength + rawTopFolder.Length : 0);
        if (_pathLength > limits.MaxTotalPathLength)
        {
            string message = $"The paths of all files together have more than {limits.MaxTotalPathLength} characters.";
            throw file.Value.Fail(MetainfoError.PathsTooLong, file.Location, message);
        }

        if (!changed)
            return (path, null);
        string original = topFolder is null ? file.Path.ToString() : $"{rawTopFolder}/{file.Path}";
        return (path, DisplayText.Mark(original));
    }

    /// <summary>
    /// Returns whether the safe path lacks a component of the original path. Folder names that are empty or <c>.</c>
    /// are left out of the safe path.
    /// </summary>
    private bool IsShorter(string path, RawPath raw)
    {
        int topFolderLength = topFolder is null ? 0 : Encoding.UTF8.GetByteCount(topFolder) + 1;
        return Encoding.UTF8.GetByteCount(path) != raw.ByteLength + topFolderLength;
    }

    /// <summary>
    /// Returns the path that BEP 47 recommends for a pad file. Several pad files may have the same path, because pad
    /// files are not written to disk.
    /// </summary>
    private string PadPath(long length)
    {
        string pad = string.Create(CultureInfo.InvariantCulture, $".pad/{length}");
        return topFolder is null ? pad : $"{topFolder}/{pad}";
    }

    private SafeFolder FolderOf(RawPath? path, RawFile file)
    {
        if (path is null)
            return _root;
        return path.Folder ??= FolderOf(path.Parent, file).GetOrAddFolder(path.Name.Span, flaws => Report(flaws, file));
    }

    private void Report(NameFlaws flaws, RawFile file)
    {
        if (flaws != NameFlaws.None)
            NameWarnings.Report(flaws, file.Location, warnings);
    }
}
