using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Metadata that came from peers, kept as torrent files in the state folder: the next start of the same link needs no peer for it. What can't
/// be kept or read is fetched again, so that no failure here is one.
/// </summary>
/// <param name="folder">The folder; made when something is kept.</param>
/// <param name="maxSize">The largest file read, in bytes, as it holds now.</param>
internal sealed class MetadataFolder(string folder, Func<long> maxSize)
{
    /// <summary>How many torrents are kept; the one longest unused goes first. Seldom more than 100 KB each.</summary>
    public const int MaxFiles = 500;

    private const string Extension = ".torrent";

    /// <summary>The torrent that a link names, with the trackers of the link and the web seeds of the link and the file; null when it is not kept.</summary>
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
            TorrentMetainfo found = TorrentMetainfo.ParseInfo(info.Raw, link with { WebSeeds = [.. link.WebSeeds.Union(WebSeedsOf(kept))] });
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return found;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BencodeException or MetainfoException)
        {
            return null;
        }
    }

    /// <summary>Keeps a torrent under the hash by which a link names it.</summary>
    public void Keep(InfoHash name, TorrentMetainfo metainfo)
    {
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(PathOf(name), metainfo.ToTorrentFile());
            foreach (FileInfo old in new DirectoryInfo(folder).GetFiles("*" + Extension).OrderByDescending(file => file.LastWriteTimeUtc).Skip(MaxFiles))
                old.Delete();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A full disk or a folder of another's: the metadata is here all the same.
        }
    }

    /// <summary>The web seeds of the links by which it came, as <see cref="Keep"/> writes them.</summary>
    private static IEnumerable<string> WebSeedsOf(BencodeValue torrent) =>
        torrent.TryGet("url-list"u8, out BencodeValue list) && list.Kind == BencodeKind.List
            ? list.Items().Where(item => item.Kind == BencodeKind.Bytes).Select(item => item.GetText())
            : [];

    private string PathOf(InfoHash hash) => Path.Combine(folder, hash + Extension);
}
