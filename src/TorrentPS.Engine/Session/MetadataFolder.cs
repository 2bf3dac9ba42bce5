using System.Buffers;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Stores metadata downloaded from peers as torrent files in the state folder. If the same magnet link is added again,
/// the metadata need not be downloaded again. A file has the info dictionary and the web seeds. Trackers, and web seeds
/// whose URL may contain a secret, are left out: the link has them.
/// </summary>
/// <remarks>
/// Errors in writing or reading a file are not reported, because the metadata can be downloaded again.
/// </remarks>
/// <param name="folder">Path of the folder, which is created when the first file is stored.</param>
/// <param name="maxSize">Returns the current maximum size of a stored file in bytes. Larger files are not read.</param>
internal sealed class MetadataFolder(string folder, Func<long> maxSize)
{
    /// <summary>
    /// Maximum number of stored files. When it is exceeded, the least recently used files are deleted. A file is seldom
    /// larger than 100 KB, so 500 files seldom need more than 50 MB.
    /// </summary>
    public const int MaxFiles = 500;

    private const string Extension = ".torrent";

    /// <summary>First bytes of every stored file: a dictionary whose first key is <c>info</c>.</summary>
    private static ReadOnlySpan<byte> FileStart => "d4:info"u8;

    /// <summary>
    /// Returns the stored torrent of a magnet link, or null if no valid file is stored. The torrent has the trackers of
    /// the link, and the web seeds of both the link and the file.
    /// </summary>
    public TorrentMetainfo? Find(MagnetLink link)
    {
        string path = PathOf(link.WireHash);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > maxSize())
                return null;
            byte[] bytes = File.ReadAllBytes(path);
            var limits = new BencodeLimits { MaxLength = bytes.Length };
            BencodeValue stored = BencodeValue.Parse(bytes, limits);
            if (!stored.TryGet("info"u8, out BencodeValue info))
                return null;
            MagnetLink merged = link with { WebSeeds = [.. link.WebSeeds.Union(WebSeedsOf(stored))] };
            TorrentMetainfo found = TorrentMetainfo.ParseInfo(info.Raw, merged);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return found;
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or BencodeException or MetainfoException)
        {
            return null;
        }
    }

    /// <summary>
    /// Stores a torrent. Then deletes the least recently used files if there are more than <see cref="MaxFiles"/>.
    /// </summary>
    /// <param name="name">
    /// The wire hash of the magnet link. It becomes the file name, by which <see cref="Find"/> finds the torrent.
    /// </param>
    /// <param name="metainfo">The torrent.</param>
    public void Store(InfoHash name, TorrentMetainfo metainfo)
    {
        try
        {
            AtomicFile.Write(PathOf(name), Encode(metainfo), ownerOnly: true);
            IEnumerable<FileInfo> excess = new DirectoryInfo(folder).GetFiles("*" + Extension)
                .Where(file => HasStoredName(file.Name))
                .OrderByDescending(file => file.LastWriteTimeUtc)
                .Skip(MaxFiles);
            foreach (FileInfo old in excess)
                OwnerOnly.DeleteIfStartsWith(old, FileStart);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The disk is full or access is denied, for example. The torrent runs without the file.
        }
    }

    private static IEnumerable<string> WebSeedsOf(BencodeValue torrent) =>
        torrent.TryGet("url-list"u8, out BencodeValue list) && list.Kind == BencodeKind.List
            ? list.Items().Where(item => item.Kind == BencodeKind.Bytes).Select(item => item.GetText())
            : [];

    private static ReadOnlySpan<byte> Encode(TorrentMetainfo metainfo)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.WriteKey("info"u8);
        writer.WriteRaw(metainfo.InfoBytes.Span);
        writer.WriteKey("url-list"u8);
        writer.BeginList();
        foreach (string url in metainfo.WebSeeds.Where(url => DisplayUrl.OfTracker(url) == url))
            writer.WriteText(url);
        writer.End();
        writer.End();
        return output.WrittenSpan;
    }

    private static bool HasStoredName(string name) =>
        InfoHash.TryParse(Path.GetFileNameWithoutExtension(name), out InfoHash hash) && name == hash + Extension;

    private string PathOf(InfoHash hash) => Path.Combine(folder, hash + Extension);
}
