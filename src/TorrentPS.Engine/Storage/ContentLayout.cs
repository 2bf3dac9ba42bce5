using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>One entry of a torrent as storage sees it.</summary>
/// <param name="Path">Relative path with '/' between components, the torrent's top-level folder included.</param>
/// <param name="Offset">Where the file begins in the torrent's run, in bytes.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="IsPadding">A pad file (BEP 47): its bytes are zeros that are never written.</param>
/// <param name="IsSymlink">A symbolic link (BEP 47): it has no content, and no link is ever created.</param>
internal sealed record ContentFile(string Path, long Offset, long Length, bool IsPadding = false, bool IsSymlink = false)
{
    /// <summary>Whether the entry stands for a file on disk.</summary>
    public bool IsOnDisk => !IsPadding && !IsSymlink;
}

/// <summary>A part of a byte range that lies in one file, or in padding.</summary>
/// <param name="File">The file's index in the layout; -1 for bytes that belong to no file on disk and read as zeros.</param>
/// <param name="FileOffset">Where the part begins inside the file, in bytes.</param>
/// <param name="Offset">Where the part begins in the torrent's run, in bytes.</param>
/// <param name="Length">Length in bytes; never zero.</param>
internal readonly record struct ContentSection(int File, long FileOffset, long Offset, long Length)
{
    /// <summary>Whether the bytes are padding: zeros that lie in no file.</summary>
    public bool IsPadding => File < 0;
}

/// <summary>
/// How the run of a torrent's bytes lies over its files. Pad files and the gaps between the aligned files of a v2 torrent are the
/// same thing here: bytes that no file on disk holds.
/// </summary>
internal sealed class ContentLayout
{
    /// <summary>The non-empty files on disk, in the order of their offsets: what a range is searched in.</summary>
    private readonly int[] _byOffset;

    /// <exception cref="ArgumentException">Files overlap, or reach beyond the run.</exception>
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
                throw new ArgumentException($"The file '{file.Path}' overlaps another or reaches beyond the content.", nameof(files));
            end = file.Offset + file.Length;
        }
    }

    /// <summary>How the run divides into pieces.</summary>
    public TorrentGeometry Geometry { get; }

    /// <summary>Every entry in the torrent's order.</summary>
    public ContentFile[] Files { get; }

    /// <summary>The layout of a torrent.</summary>
    public static ContentLayout Of(TorrentMetainfo torrent) => new(
        torrent.Geometry,
        [.. torrent.Files.Select(file => new ContentFile(
            file.Path, file.Offset, file.Length, file.IsPadding, (file.Attributes & TorrentFileAttributes.Symlink) != 0))]);

    /// <summary>The parts of a byte range in order; allocates nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the run.</exception>
    public SectionEnumerator Sections(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Geometry.TotalLength - offset);
        return new SectionEnumerator(this, offset, length);
    }

    /// <summary>The parts of a piece in order; allocates nothing.</summary>
    public SectionEnumerator Sections(PieceIndex piece) => Sections(Geometry.OffsetOf(piece), Geometry.LengthOf(piece));

    /// <summary>The position in <see cref="_byOffset"/> of the first file that ends after <paramref name="offset"/>.</summary>
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

    /// <summary>Walks the sections of a range; made for <c>foreach</c>.</summary>
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
