using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Stores metadata downloaded from peers as torrent files in the state folder. The next start of the same magnet link
/// doesn't need to download it again.
/// </summary>
/// <remarks>A failure to write or read a file isn't reported, because the metadata can be downloaded again.</remarks>
/// <param name="folder">The folder. It is created with the first file.</param>
/// <param name="maxSize">Returns the current maximum size of a file that is read, in bytes.</param>
internal sealed class MetadataFolder(string folder, Func<long> maxSize)
{
    /// <summary>
    /// Maximum number of files. Beyond it the least recently used are deleted. A file is seldom larger than 100 KB.
    /// </summary>
    public const int MaxFiles = 500;

    private const string Extension = ".torrent";

    /// <summary>
    /// Returns the stored torrent of a magnet link, or null if there is none. It has the trackers of the link, and the
    /// web seeds of the link and of the file.
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
            BencodeValue kept = BencodeValue.Parse(bytes, limits);
            if (!kept.TryGet("info"u8, out BencodeValue info))
                return null;
            MagnetLink merged = link with { WebSeeds = [.. link.WebSeeds.Union(WebSeedsOf(kept))] };
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

    /// <summary>Stores a torrent, and deletes files beyond <see cref="MaxFiles"/>.</summary>
    /// <param name="name">The info hash of the magnet link, under which <see cref="Find"/> looks it up.</param>
    /// <param name="metainfo">The torrent.</param>
    public void Keep(InfoHash name, TorrentMetainfo metainfo)
    {
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(PathOf(name), metainfo.ToTorrentFile());
            IEnumerable<FileInfo> unused = new DirectoryInfo(folder).GetFiles("*" + Extension)
                .OrderByDescending(file => file.LastWriteTimeUtc)
                .Skip(MaxFiles);
            foreach (FileInfo old in unused)
                old.Delete();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The torrent runs without the file, for example when the disk is full or access is denied.
        }
    }

    /// <summary>Returns the web seeds in a stored file: those of the magnet links with which it was stored.</summary>
    private static IEnumerable<string> WebSeedsOf(BencodeValue torrent) =>
        torrent.TryGet("url-list"u8, out BencodeValue list) && list.Kind == BencodeKind.List
            ? list.Items().Where(item => item.Kind == BencodeKind.Bytes).Select(item => item.GetText())
            : [];

    private string PathOf(InfoHash hash) => Path.Combine(folder, hash + Extension);
}
