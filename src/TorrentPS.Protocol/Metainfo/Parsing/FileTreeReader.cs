using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Reads the v2 description of a torrent's files: <c>file tree</c> (BEP 52).</summary>
/// <remarks>
/// A tree whose names are not sorted is rejected. Clients might order its files differently, and the order of the files
/// determines their pieces.
/// </remarks>
internal sealed class FileTreeReader(MetainfoLimits limits, WarningList warnings)
{
    private const string Root = "info.file tree";
    private readonly List<RawFile> _files = [];

    public static List<RawFile> Read(BencodeValue info, MetainfoLimits limits, WarningList warnings)
    {
        if (!info.TryGet("file tree"u8, out BencodeValue tree))
            throw info.Fail(MetainfoError.InvalidFileTree, "info", "The file tree is missing.");
        if (tree.Kind != BencodeKind.Dictionary)
            throw tree.Fail(MetainfoError.InvalidFileTree, Root, "The file tree is not a dictionary.");
        if (tree.TryGet(default, out BencodeValue nameless))
            throw nameless.Fail(MetainfoError.InvalidFileTree, Root, "The file tree has an entry with an empty name.");
        var reader = new FileTreeReader(limits, warnings);
        reader.Walk(tree);
        return reader._files.Count > 0
            ? reader._files
            : throw tree.Fail(MetainfoError.NoFiles, Root, "The file tree has no file.");
    }

    private void Walk(BencodeValue tree)
    {
        var open = new Stack<Folder>();
        open.Push(new Folder(null, tree.Entries().GetEnumerator(), default));
        while (open.TryPop(out Folder folder))
        {
            if (!folder.Entries.MoveNext())
                continue;
            (BencodeValue key, BencodeValue value) = folder.Entries.Current;
            var path = new RawPath(folder.Path, key.Bytes);
            if (folder.LastKey.Span.SequenceCompareTo(key.Bytes.Span) >= 0)
            {
                throw key.Fail(
                    MetainfoError.InvalidFileTree, Location(path), "The names in the file tree are not sorted.");
            }

            open.Push(folder with { LastKey = key.Bytes });
            if (value.Kind != BencodeKind.Dictionary)
                throw value.Fail(MetainfoError.InvalidFileTree, Location(path), "The entry is not a dictionary.");
            if (value.TryGet(default, out BencodeValue file))
                Add(path, value, file);
            else
                open.Push(new Folder(path, value.Entries().GetEnumerator(), default));
        }
    }

    private static string Location(RawPath path) => $"{Root}/{path.ToShortString()}";

    private void Add(RawPath path, BencodeValue node, BencodeValue file)
    {
        if (node.Entries().Skip(1).Any())
        {
            throw node.Fail(
                MetainfoError.InvalidFileTree,
                Location(path),
                "The entry of a file has other entries beside the empty key.");
        }

        if (file.Kind != BencodeKind.Dictionary)
        {
            throw file.Fail(
                MetainfoError.InvalidFileTree, Location(path), "The description of a file is not a dictionary.");
        }

        if (_files.Count >= limits.MaxFiles)
            throw file.Fail(MetainfoError.TooManyFiles, Root, $"The torrent has more than {limits.MaxFiles} files.");
        TorrentFileAttributes attributes = FileFields.Attributes(file);
        if ((attributes & TorrentFileAttributes.Padding) != 0)
            throw file.Fail(MetainfoError.InvalidPadFile, Location(path), "A file tree must not contain pad files.");
        long length = FileFields.Length(file, attributes, () => Location(path), warnings);
        ReadOnlyMemory<byte> root = PiecesRoot(file, length, path);
        _files.Add(new RawFile(path, length, attributes, FileFields.SymlinkTarget(file, attributes), root, file, -1));
    }

    private static ReadOnlyMemory<byte> PiecesRoot(BencodeValue file, long length, RawPath path)
    {
        if (length == 0)
            return default;
        if (!file.TryGet("pieces root"u8, out BencodeValue root))
            throw file.Fail(MetainfoError.InvalidPiecesRoot, Location(path), "The pieces root is missing.");
        if (root.Kind != BencodeKind.Bytes || root.Bytes.Length != MerkleTree.HashLength)
        {
            string message = $"The pieces root is not a string of {MerkleTree.HashLength} bytes.";
            throw root.Fail(MetainfoError.InvalidPiecesRoot, Location(path), message);
        }

        if (!root.Bytes.Span.ContainsAnyExcept((byte)0))
            throw root.Fail(MetainfoError.InvalidPiecesRoot, Location(path), "The pieces root is zero.");
        return root.Bytes;
    }

    /// <summary>
    /// A folder whose entries are being read. <c>LastKey</c> is the name read last; the next name must sort after it.
    /// </summary>
    private readonly record struct Folder(
        RawPath? Path, IEnumerator<(BencodeValue Key, BencodeValue Value)> Entries, ReadOnlyMemory<byte> LastKey);
}
