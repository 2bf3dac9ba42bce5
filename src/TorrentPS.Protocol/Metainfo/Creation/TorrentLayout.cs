using System.Numerics;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>
/// In which order the files of a new torrent follow one another, and with which pad files between: what has to be known before
/// the first byte is hashed.
/// </summary>
public sealed class TorrentLayout
{
    private TorrentLayout(MetainfoVersion version, int pieceLength, string name, bool isMultiFile, IReadOnlyList<NewTorrentFile> files)
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

    /// <summary>The generation of the format.</summary>
    public MetainfoVersion Version { get; }

    /// <summary>The piece length in bytes.</summary>
    public int PieceLength { get; }

    /// <summary>The torrent's name: of the top-level folder, or of the only file.</summary>
    public string Name { get; }

    /// <summary>Whether there is a top-level folder.</summary>
    public bool IsMultiFile { get; }

    /// <summary>All files in the torrent's order, pad files included; a v1 piece runs across them.</summary>
    public IReadOnlyList<NewTorrentFile> Files { get; }

    /// <summary>How the torrent's bytes divide into pieces.</summary>
    public TorrentGeometry Geometry { get; }

    /// <summary>Lays a single file out as a torrent of its own name.</summary>
    /// <exception cref="ArgumentException">The name or a length is not one a torrent can have.</exception>
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
    /// Lays files out below a top-level folder: in the order given for v1, in that of the file tree for v2 and hybrid torrents
    /// (BEP 52), the latter with pad files so that each file begins a piece.
    /// </summary>
    /// <exception cref="ArgumentException">The name, a path or a length is not one a torrent can have, or two files collide.</exception>
    public static TorrentLayout Folder(MetainfoVersion version, int pieceLength, string name, IEnumerable<NewTorrentFile> files)
    {
        NewTorrentFile[] all = [.. files];
        Check(version, pieceLength, name, all);
        if (version != MetainfoVersion.V1)
            Array.Sort(all, (a, b) => CompareInTree(a.Path, b.Path));
        return new TorrentLayout(version, pieceLength, name, true, version == MetainfoVersion.Hybrid ? Pad(all, pieceLength) : all);
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

    /// <summary>The order of a bencoded tree: component by component, by the bytes of each.</summary>
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
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (pieceLength <= 0 || pieceLength > TorrentGeometry.MaxPieceLength)
            throw new ArgumentOutOfRangeException(nameof(pieceLength), pieceLength, "Not a possible piece length.");
        if (version != MetainfoVersion.V1 && (pieceLength < MerkleTree.LeafLength || !BitOperations.IsPow2(pieceLength)))
            throw new ArgumentOutOfRangeException(nameof(pieceLength), pieceLength, "A v2 piece length is a power of two of at least 16 KiB.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        long total = 0;
        foreach (NewTorrentFile file in files)
        {
            string path = string.Join('/', file.Path);
            if (file.Length < 0 || file.IsPadding || !file.Path.All(IsName) || file.Path.Count == 0)
                throw new ArgumentException($"'{path}' is no file a torrent can be made of.", nameof(files));
            if (!names.Add(path))
                throw new ArgumentException($"'{path}' is there twice.", nameof(files));
            for (int slash = path.LastIndexOf('/'); slash > 0 && folders.Add(path[..slash]); slash = path.LastIndexOf('/', slash - 1))
            {
            }

            total = checked(total + file.Length);
        }

        if (names.Overlaps(folders))
            throw new ArgumentException($"'{names.First(folders.Contains)}' is both a file and a folder.", nameof(files));
        if (total == 0)
            throw new ArgumentException("There is nothing but empty files.", nameof(files));
    }

    private static bool IsName(string component) =>
        component is not ("" or "." or "..") && !component.Contains('/', StringComparison.Ordinal);
}
