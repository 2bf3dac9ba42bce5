using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>The v1 description of a torrent's files: <c>length</c> or <c>files</c> (BEP 3).</summary>
internal static class FileListReader
{
    public static List<RawFile> Read(BencodeValue info, ReadOnlyMemory<byte> name, MetainfoLimits limits)
    {
        bool hasFiles = info.TryGet("files"u8, out BencodeValue files);
        bool hasLength = info.TryGet("length"u8, out _);
        if (hasFiles && hasLength)
            throw files.Fail(MetainfoError.AmbiguousFiles, "info", "There are both 'length' and 'files'.");
        if (hasLength)
            return [SingleFile(info, name)];
        if (!hasFiles)
            throw info.Fail(MetainfoError.NoFiles, "info", "There is neither 'length' nor 'files'.");
        if (files.Kind != BencodeKind.List)
            throw files.Fail(MetainfoError.InvalidFiles, "info.files", "This is no list.");

        var all = new List<RawFile>();
        foreach (BencodeValue file in files.Items())
        {
            if (all.Count >= limits.MaxFiles)
                throw file.Fail(MetainfoError.TooManyFiles, "info.files", $"There are more than {limits.MaxFiles} files.");
            all.Add(ListedFile(file, all.Count, limits));
        }

        return all.Count > 0 ? all : throw files.Fail(MetainfoError.NoFiles, "info.files", "There is no file.");
    }

    private static RawFile SingleFile(BencodeValue info, ReadOnlyMemory<byte> name)
    {
        TorrentFileAttributes attributes = FileFields.Attributes(info) & ~(TorrentFileAttributes.Padding | TorrentFileAttributes.Symlink);
        long length = FileFields.Length(info, attributes, () => "info");
        return new RawFile(new RawPath(null, name), length, attributes, null, default, info, -1);
    }

    private static RawFile ListedFile(BencodeValue file, int index, MetainfoLimits limits)
    {
        string Location() => $"info.files[{index}]";
        if (file.Kind != BencodeKind.Dictionary)
            throw file.Fail(MetainfoError.InvalidFiles, Location(), "This is no dictionary.");
        TorrentFileAttributes attributes = FileFields.Attributes(file);
        long length = FileFields.Length(file, attributes, Location);
        RawPath? path = (attributes & TorrentFileAttributes.Padding) != 0 ? null : Path(file, Location, limits);
        return new RawFile(path, length, attributes, FileFields.SymlinkTarget(file, attributes), default, file, index);
    }

    private static RawPath Path(BencodeValue file, Func<string> location, MetainfoLimits limits)
    {
        if (!FileFields.TryGetUtf8Variant(file, "path", BencodeKind.List, out BencodeValue value))
            throw file.Fail(MetainfoError.InvalidPath, location(), "There is no path.");
        if (value.Kind != BencodeKind.List)
            throw value.Fail(MetainfoError.InvalidPath, location() + ".path", "This is no list.");
        RawPath? path = null;
        foreach (BencodeValue component in value.Items())
        {
            if (component.Kind != BencodeKind.Bytes)
                throw component.Fail(MetainfoError.InvalidPath, location() + ".path", "A component is no string.");
            path = new RawPath(path, component.Bytes);
            if (path.Depth > limits.MaxDepth)
                throw component.Fail(MetainfoError.TooDeep, location() + ".path", $"The path has more than {limits.MaxDepth} components.");
        }

        return path ?? throw value.Fail(MetainfoError.InvalidPath, location() + ".path", "The path has no component.");
    }
}
