using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>Where a torrent's files lie on a web server (BEP 19, "metadata extension" and "multi-file torrents").</summary>
public static class WebSeedUrl
{
    /// <summary>What stands in a path for bytes that are no UTF-8: what the server calls such a file is not known.</summary>
    private const char NotText = '\uFFFD';

    /// <summary>Reads an address of <c>url-list</c> or of a magnet link's <c>ws</c>.</summary>
    /// <returns>False for what is no absolute http or https URL: BEP 19 has other protocols ignored.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? seed) =>
        Uri.TryCreate(text, UriKind.Absolute, out seed) && (seed.Scheme == Uri.UriSchemeHttp || seed.Scheme == Uri.UriSchemeHttps);

    /// <summary>
    /// The address of one file. Of a torrent with a folder the address is that of the folder above; of a single file it is the file's own,
    /// unless it ends in a slash.
    /// </summary>
    /// <param name="seed">The web seed's address.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="file">One of its files.</param>
    /// <returns>Null when the file's path in the torrent can't be part of an address.</returns>
    public static Uri? ForFile(Uri seed, TorrentMetainfo torrent, TorrentFile file)
    {
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(torrent);
        ArgumentNullException.ThrowIfNull(file);
        var url = new StringBuilder(seed.GetLeftPart(UriPartial.Query));
        bool isFolder = url[^1] == '/';
        if (torrent.IsMultiFile || isFolder)
        {
            if (!isFolder)
                url.Append('/');
            if (!TryAppend(url, file.OriginalPath ?? file.Path))
                return null;
        }

        return Uri.TryCreate(url.ToString(), UriKind.Absolute, out Uri? address) ? address : null;
    }

    /// <summary>Appends a path, each component percent-encoded. What leads upwards would lead out of the server's folder.</summary>
    private static bool TryAppend(StringBuilder url, string path)
    {
        bool isFirst = true;
        foreach (string component in path.Split('/'))
        {
            if (component is "" or ".")
                continue;
            if (component == ".." || component.Contains(NotText, StringComparison.Ordinal))
                return false;
            if (!isFirst)
                url.Append('/');
            url.Append(Uri.EscapeDataString(component));
            isFirst = false;
        }

        return !isFirst;
    }
}
