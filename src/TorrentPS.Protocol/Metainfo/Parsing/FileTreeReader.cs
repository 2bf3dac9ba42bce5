using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>The v2 description of a torrent's files: the <c>file tree</c> (BEP 52).</summary>
/// <remarks>The order of the tree decides which pieces a file has; keys out of order would leave that to the reader, and are refused.</remarks>
internal sealed class FileTreeReader(MetainfoLimits limits)
{
    private const string Root = "info.file tree";
    private readonly List<RawFile> _files = [];

    public static List<RawFile> Read(BencodeValue info, MetainfoLimits limits)
    {
        if (!info.TryGet("file tree"u8, out BencodeValue tree))
            throw info.Fail(MetainfoError.InvalidFileTree, "info", "There is no file tree.");
        if (tree.Kind != BencodeKind.Dictionary)
            throw tree.Fail(MetainfoError.InvalidFileTree, Root, "This is no dictionary.");
        if (tree.TryGet(default, out BencodeValue nameless))
            throw nameless.Fail(MetainfoError.InvalidFileTree, Root, "The tree itself can't be a file.");
        var reader = new FileTreeReader(limits);
        reader.Walk(tree);
        return reader._files.Count > 0 ? reader._files : throw tree.Fail(MetainfoError.NoFiles, Root, "There is no file.");
    }

    private void Walk(BencodeValue tree)
    {
        var open = new Stack<(RawPath? Path, IEnumerator<(BencodeValue Key, BencodeValue Value)> Entries, ReadOnlyMemory<byte> LastKey)>();
        open.Push((null, tree.Entries().GetEnumerator(), default));
        while (open.TryPop(out var folder))
        {
            if (!folder.Entries.MoveNext())
                continue;
            (BencodeValue key, BencodeValue value) = folder.Entries.Current;
            var path = new RawPath(folder.Path, key.Bytes);
            if (folder.LastKey.Span.SequenceCompareTo(key.Bytes.Span) >= 0)
                throw key.Fail(MetainfoError.InvalidFileTree, Location(path), "The names are not in order.");
            open.Push(folder with { LastKey = key.Bytes });
            if (value.Kind != BencodeKind.Dictionary)
                throw value.Fail(MetainfoError.InvalidFileTree, Location(path), "This is no dictionary.");
            if (value.TryGet(default, out BencodeValue file))
                Add(path, value, file);
            else
                open.Push((path, value.Entries().GetEnumerator(), default));
        }
    }

    private static string Location(RawPath path) => $"{Root}/{path.ToShortString()}";

    private void Add(RawPath path, BencodeValue node, BencodeValue file)
    {
        if (node.Entries().Skip(1).Any())
            throw node.Fail(MetainfoError.InvalidFileTree, Location(path), "A file has other entries beside it.");
        if (file.Kind != BencodeKind.Dictionary)
            throw file.Fail(MetainfoError.InvalidFileTree, Location(path), "A file's description is no dictionary.");
        if (_files.Count >= limits.MaxFiles)
            throw file.Fail(MetainfoError.TooManyFiles, Root, $"There are more than {limits.MaxFiles} files.");
        TorrentFileAttributes attributes = FileFields.Attributes(file);
        if ((attributes & TorrentFileAttributes.Padding) != 0)
            throw file.Fail(MetainfoError.InvalidPadFile, Location(path), "A file tree has no pad files.");
        long length = FileFields.Length(file, attributes, () => Location(path));
        _files.Add(new RawFile(path, length, attributes, FileFields.SymlinkTarget(file, attributes), PiecesRoot(file, length, path), file, -1));
    }

    private static ReadOnlyMemory<byte> PiecesRoot(BencodeValue file, long length, RawPath path)
    {
        if (length == 0)
            return default;
        if (!file.TryGet("pieces root"u8, out BencodeValue root))
            throw file.Fail(MetainfoError.InvalidPiecesRoot, Location(path), "There is no pieces root.");
        if (root.Kind != BencodeKind.Bytes || root.Bytes.Length != MerkleTree.HashLength)
            throw root.Fail(MetainfoError.InvalidPiecesRoot, Location(path), $"The pieces root is no {MerkleTree.HashLength} bytes.");
        return root.Bytes;
    }
}
