using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Reads the v1 description of a torrent's files: <c>length</c> or <c>files</c> (BEP 3).</summary>
internal static class FileListReader
{
    public static List<RawFile> Read(
        BencodeValue info, ReadOnlyMemory<byte> name, MetainfoLimits limits, WarningList warnings)
    {
        bool hasFiles = info.TryGet("files"u8, out BencodeValue files);
        bool hasLength = info.TryGet("length"u8, out _);
        if (hasFiles && hasLength)
            throw files.Fail(MetainfoError.AmbiguousFiles, "info", "'length' and 'files' are both present.");
        if (hasLength)
            return [SingleFile(info, name, warnings)];
        if (!hasFiles)
            throw info.Fail(MetainfoError.NoFiles, "info", "'length' and 'files' are both missing.");
        if (files.Kind != BencodeKind.List)
            throw files.Fail(MetainfoError.InvalidFiles, "info.files", "The value is not a list.");

        var all = new List<RawFile>();
        foreach (BencodeValue file in files.Items())
        {
            if (all.Count >= limits.MaxFiles)
            {
                throw file.Fail(
                    MetainfoError.TooManyFiles, "info.files", $"The torrent has more than {limits.MaxFiles} files.");
            }

            all.Add(ListedFile(file, all.Count, limits, warnings));
        }

        return all.Count > 0
            ? all
            : throw files.Fail(MetainfoError.NoFiles, "info.files", "The list of files is empty.");
    }

    private static RawFile SingleFile(BencodeValue info, ReadOnlyMemory<byte> name, WarningList warnings)
    {
        TorrentFileAttributes attributes = FileFields.Attributes(info)
            & ~(TorrentFileAttributes.Padding | TorrentFileAttributes.Symlink);
        long length = FileFields.Length(info, attributes, () => "info", warnings);
        return new RawFile(new RawPath(null, name), length, attributes, null, default, info, -1);
    }

    private static RawFile ListedFile(BencodeValue file, int index, MetainfoLimits limits, WarningList warnings)
    {
        string Location() => $"info.files[{index}]";
        if (file.Kind != BencodeKind.Dictionary)
            throw file.Fail(MetainfoError.InvalidFiles, Location(), "The entry is not a dictionary.");
        TorrentFileAttributes attributes = FileFields.Attributes(file);
        long length = FileFields.Length(file, attributes, Location, warnings);
        RawPath? path = (attributes & TorrentFileAttributes.Padding) != 0 ? null : Path(file, Location, limits);
        return new RawFile(path, length, attributes, FileFields.SymlinkTarget(file, attributes), default, file, index);
    }

    private static RawPath Path(BencodeValue file, Func<string> location, MetainfoLimits limits)
    {
        if (!FileFields.TryGetUtf8Variant(file, "path", BencodeKind.List, out BencodeValue value))
            throw file.Fail(MetainfoError.InvalidPath, location(), "The path is missing.");
        if (value.Kind != BencodeKind.List)
            throw value.Fail(MetainfoError.InvalidPath, location() + ".path", "The path is not a list.");
        RawPath? path = null;
        foreach (BencodeValue component in value.Items())
        {
            if (component.Kind != BencodeKind.Bytes)
            {
                throw component.Fail(
                    MetainfoError.InvalidPath, location() + ".path", "A component of the path is not a string.");
            }

            path = new RawPath(path, component.Bytes);
            if (path.Depth > limits.MaxDepth)
            {
                string message = $"The path has more than {limits.MaxDepth} components.";
                throw component.Fail(MetainfoError.TooDeep, location() + ".path", message);
            }
        }

        return path ?? throw value.Fail(MetainfoError.InvalidPath, location() + ".path", "The path is empty.");
    }
}
