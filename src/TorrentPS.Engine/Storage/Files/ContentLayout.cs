using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>One file of a torrent's file list.</summary>
/// <param name="Path">Relative path with '/' between components, including the torrent's top-level folder.</param>
/// <param name="Offset">Offset of the file in the torrent, in bytes.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="IsPadding">Whether the file is a pad file (BEP 47). Its bytes are zeros and are not written.</param>
/// <param name="IsSymlink">Whether the file is a symbolic link (BEP 47). It has no content and is not created.</param>
internal sealed record ContentFile(
    string Path, long Offset, long Length, bool IsPadding = false, bool IsSymlink = false)
{
    public bool IsOnDisk => !IsPadding && !IsSymlink;
}

/// <summary>The part of a byte range of the torrent that lies in one file, or in padding.</summary>
/// <param name="File">Index of the file in the layout; -1 for padding.</param>
/// <param name="FileOffset">Offset of the part in the file, in bytes; 0 for padding.</param>
/// <param name="Offset">Offset of the part in the torrent, in bytes.</param>
/// <param name="Length">Length in bytes; at least 1.</param>
internal readonly record struct ContentSection(int File, long FileOffset, long Offset, long Length)
{
    public bool IsPadding => File < 0;
}

/// <summary>
/// Maps offsets in the torrent to files and offsets in them. Pad files (BEP 47) and the gaps between the piece-aligned
/// files of a v2 torrent (BEP 52) both count as padding.
/// </summary>
internal sealed class ContentLayout
{
    /// <summary>
    /// Indices of the files on disk, without empty files. They are sorted by offset for binary search.
    /// </summary>
    private readonly int[] _byOffset;

    /// <exception cref="ArgumentException">Files overlap, or end beyond the torrent's total length.</exception>
    public ContentLayout(TorrentGeometry geometry, IReadOnlyList<ContentFile> files)
    {
        Geometry = geometry;
        Files = [.. files];
        _byOffset = [.. Enumerable.Range(0, Files.Length)
            .Where(i => Files[i].IsOnDisk && Files[i].Length > 0)
            .OrderBy(i => Files[i].Offset)];
        long end = 0;
        foreach (int index in _byOffset)
        {
            ContentFile file = Files[index];
            if (file.Offset < end || file.Length > geometry.TotalLength - file.Offset)
                throw new ArgumentException(
                    $"The file '{file.Path}' overlaps another or ends beyond the content.", nameof(files));
            end = file.Offset + file.Length;
        }
    }

    public TorrentGeometry Geometry { get; }

    /// <summary>All files in the order of the torrent, including pad files and symbolic links.</summary>
    public ContentFile[] Files { get; }

    /// <summary>Creates the layout of a torrent's files.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="name">
    /// Name on disk of the torrent's top-level file or folder; null means the torrent's name.
    /// </param>
    public static ContentLayout Of(TorrentMetainfo torrent, string? name = null) => new(
        torrent.Geometry,
        [.. torrent.Files.Select(file => new ContentFile(
            Rename(file.Path, name),
            file.Offset,
            file.Length,
            file.IsPadding,
            (file.Attributes & TorrentFileAttributes.Symlink) != 0))]);

    private static string Rename(string path, string? name)
    {
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        return name is null ? path : slash < 0 ? name : name + path[slash..];
    }

    /// <summary>Enumerates the sections of a byte range of the torrent, in order and without allocation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the torrent.</exception>
    public SectionEnumerator Sections(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Geometry.TotalLength - offset);
        return new SectionEnumerator(this, offset, length);
    }

    public SectionEnumerator Sections(PieceIndex piece) => Sections(Geometry.OffsetOf(piece), Geometry.LengthOf(piece));

    /// <summary>
    /// Returns the index in <see cref="_byOffset"/> of the first file that ends after <paramref name="offset"/>.
    /// </summary>
    private int FirstEndingAfter(long offset)
    {
        int low = 0;
        int high = _byOffset.Length;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            ContentFile file = Files[_byOffset[middle]];
            if (file.Offset + file.Length > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    internal struct SectionEnumerator
    {
        private readonly ContentLayout _layout;
        private readonly long _end;
        private long _offset;
        private int _next;

        internal SectionEnumerator(ContentLayout layout, long offset, long length)
        {
            _layout = layout;
            _offset = offset;
            _end = offset + length;
            _next = layout.FirstEndingAfter(offset);
        }

        public ContentSection Current { get; private set; }

        public readonly SectionEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_offset >= _end)
                return false;
            if (_next >= _layout._byOffset.Length)
            {
                Take(-1, 0, _end - _offset);
                return true;
            }

            int index = _layout._byOffset[_next];
            ContentFile file = _layout.Files[index];
            if (file.Offset > _offset)
            {
                Take(-1, 0, Math.Min(_end, file.Offset) - _offset);
                return true;
            }

            Take(index, _offset - file.Offset, Math.Min(_end, file.Offset + file.Length) - _offset);
            _next++;
            return true;
        }

        private void Take(int file, long fileOffset, long length)
        {
            Current = new ContentSection(file, fileOffset, _offset, length);
            _offset += length;
        }
    }
}
