using System.Numerics;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>
/// The order of the files in a new torrent, with pad files between them if the torrent is hybrid. The layout determines
/// the pieces, so it is created before the content is hashed.
/// </summary>
public sealed class TorrentLayout
{
    private TorrentLayout(
        MetainfoVersion version, int pieceLength, string name, bool isMultiFile, IReadOnlyList<NewTorrentFile> files)
    {
        Version = version;
        PieceLength = pieceLength;
        Name = name;
        IsMultiFile = isMultiFile;
        Files = files;
        Geometry = version == MetainfoVersion.V2
            ? TorrentGeometry.FileAligned(files.Select(file => file.Length), pieceLength)
            : TorrentGeometry.Continuous(files.Sum(file => file.Length), pieceLength);
    }

    /// <summary>Format of the metainfo to create: v1, v2-only or hybrid.</summary>
    public MetainfoVersion Version { get; }

    /// <summary>Piece length in bytes.</summary>
    public int PieceLength { get; }

    /// <summary>
    /// Name of the torrent's top-level folder. In a torrent without such a folder, it is the name of the only file.
    /// </summary>
    public string Name { get; }

    /// <summary>Whether the torrent has a top-level folder.</summary>
    public bool IsMultiFile { get; }

    /// <summary>The files of the torrent in order. In a hybrid torrent, the list includes the pad files.</summary>
    public IReadOnlyList<NewTorrentFile> Files { get; }

    /// <summary>Division of the content into pieces and blocks.</summary>
    public TorrentGeometry Geometry { get; }

    /// <summary>Creates the layout of a torrent with a single file and no top-level folder.</summary>
    /// <exception cref="ArgumentException">
    /// The name is empty, <c>.</c>, <c>..</c> or contains <c>/</c>, the piece length is not valid for the format, or
    /// the length is not positive.
    /// </exception>
    public static TorrentLayout SingleFile(
        MetainfoVersion version,
        int pieceLength,
        string name,
        long length,
        TorrentFileAttributes attributes = TorrentFileAttributes.None)
    {
        var file = new NewTorrentFile { Path = [name], Length = length, Attributes = attributes };
        Check(version, pieceLength, name, [file]);
        return new TorrentLayout(version, pieceLength, name, false, [file]);
    }

    /// <summary>
    /// Creates the layout of a torrent with a top-level folder. In a v1 torrent the files keep the given order. In
    /// v2-only and hybrid torrents they are sorted in the order of the file tree (BEP 52). In a hybrid torrent, pad
    /// files are inserted so that each file starts a piece.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The name, a path, a length or the piece length is not valid, two files have the same path, a path is both file
    /// and folder, or all files are empty. The name and each component of a path must not be empty, <c>.</c> or
    /// <c>..</c>, and must not contain <c>/</c>. A path must have at least one component.
    /// </exception>
    public static TorrentLayout Folder(
        MetainfoVersion version, int pieceLength, string name, IEnumerable<NewTorrentFile> files)
    {
        NewTorrentFile[] all = [.. files];
        Check(version, pieceLength, name, all);
        if (version != MetainfoVersion.V1)
            Array.Sort(all, (a, b) => CompareInTree(a.Path, b.Path));
        return new TorrentLayout(
            version, pieceLength, name, true, version == MetainfoVersion.Hybrid ? Pad(all, pieceLength) : all);
    }

    private static List<NewTorrentFile> Pad(NewTorrentFile[] files, int pieceLength)
    {
        var padded = new List<NewTorrentFile>(files.Length * 2);
        long offset = 0;
        foreach (NewTorrentFile file in files)
        {
            long rest = offset % pieceLength;
            if (file.Length > 0 && rest > 0)
            {
                padded.Add(NewTorrentFile.Padding(pieceLength - rest));
                offset += pieceLength - rest;
            }

            padded.Add(file);
            offset += file.Length;
        }

        return padded;
    }

    /// <summary>Compares paths in the order of the v2 file tree: component by component, as UTF-8 bytes.</summary>
    private static int CompareInTree(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            int order = Encoding.UTF8.GetBytes(left[i]).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right[i]));
            if (order != 0)
                return order;
        }

        return left.Count.CompareTo(right.Count);
    }

    private static void Check(MetainfoVersion version, int pieceLength, string name, NewTorrentFile[] files)
    {
        if (!IsName(name))
            throw new ArgumentException($"'{name}' cannot be the name of a torrent.", nameof(name));
        if (pieceLength <= 0 || pieceLength > TorrentGeometry.MaxPieceLength)
        {
            throw new ArgumentOutOfRangeException(
                nameof(pieceLength), pieceLength, "The piece length is out of range.");
        }

        if (version != MetainfoVersion.V1
            && (pieceLength < MerkleTree.LeafLength || !BitOperations.IsPow2(pieceLength)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(pieceLength), pieceLength, "A v2 piece length must be a power of two of at least 16 KiB.");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        long total = 0;
        foreach (NewTorrentFile file in files)
        {
            string path = string.Join('/', file.Path);
            if (file.Length < 0 || file.IsPadding || !file.Path.All(IsName) || file.Path.Count == 0)
                throw new ArgumentException($"'{path}' cannot be a file of a torrent.", nameof(files));
            if (!names.Add(path))
                throw new ArgumentException($"The path '{path}' occurs twice.", nameof(files));
            int slash = path.LastIndexOf('/');
            while (slash > 0 && folders.Add(path[..slash]))
                slash = path.LastIndexOf('/', slash - 1);

            total = checked(total + file.Length);
        }

        if (names.Overlaps(folders))
        {
            throw new ArgumentException(
                $"'{names.First(folders.Contains)}' is both a file and a folder.", nameof(files));
        }

        if (total == 0)
            throw new ArgumentException("All files are empty.", nameof(files));
    }

    private static bool IsName(string component) =>
        component is not ("" or "." or "..") && !component.Contains('/', StringComparison.Ordinal);
}
