using System.Globalization;
using System.Text;
using TorrentPS.Protocol.Metainfo.Naming;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Turns a torrent's own description of its files into safe ones: paths, offsets and pieces.</summary>
/// <param name="topFolder">The safe name of the top-level folder, or null.</param>
/// <param name="rawTopFolder">The same as the torrent has it.</param>
/// <param name="limits">The limits.</param>
/// <param name="warnings">Where what was changed is reported.</param>
internal sealed class FileListBuilder(string? topFolder, string rawTopFolder, MetainfoLimits limits, WarningList warnings)
{
    private readonly SafeFolder _root = new(topFolder ?? string.Empty);
    private readonly bool _isTopFolderChanged = topFolder is not null && topFolder != rawTopFolder;
    private long _pathLength;

    /// <summary>Builds the files.</summary>
    /// <param name="files">In the torrent's order.</param>
    /// <param name="pieceLength">In bytes.</param>
    /// <param name="isFileAligned">Whether each file begins a new piece without pad files (v2-only).</param>
    /// <param name="layers">The piece layers, or null for v1.</param>
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
        bool changed = _isTopFolderChanged || folder.IsChanged || flaws != NameFlaws.None || IsShorter(path, file.Path);
        _pathLength += path.Length + (changed ? file.Path.ByteLength + rawTopFolder.Length : 0);
        if (_pathLength > limits.MaxTotalPathLength)
            throw file.Value.Fail(MetainfoError.PathsTooLong, file.Location, $"The paths take more than {limits.MaxTotalPathLength} characters.");
        if (!changed)
            return (path, null);
        return (path, topFolder is null ? file.Path.ToString() : $"{rawTopFolder}/{file.Path}");
    }

    /// <summary>Whether a component that changes nothing, such as ".", was left out.</summary>
    private bool IsShorter(string path, RawPath raw) =>
        Encoding.UTF8.GetByteCount(path) != raw.ByteLength + (topFolder is null ? 0 : Encoding.UTF8.GetByteCount(topFolder) + 1);

    /// <summary>Pad files are never written, so that the name BEP 47 recommends needs no number even if it comes twice.</summary>
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
