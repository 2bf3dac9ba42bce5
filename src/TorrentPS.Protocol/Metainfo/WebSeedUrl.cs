using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Builds the URLs of a torrent's files on a web seed (BEP 19, "metadata extension" and "multi-file torrents").
/// </summary>
public static class WebSeedUrl
{
    /// <summary>
    /// Character that replaces invalid UTF-8, and characters that are not displayable, in an original path. The
    /// replaced bytes are not known, so no URL can be built from a path with this character.
    /// </summary>
    private const char InvalidUtf8 = '\uFFFD';

    /// <summary>Parses a URL from <c>url-list</c>, or from <c>ws</c> in a magnet link.</summary>
    /// <returns>
    /// False if the text is not an absolute http or https URL. URLs with other schemes are not supported.
    /// </returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? seed) =>
        Uri.TryCreate(text, UriKind.Absolute, out seed)
        && (seed.Scheme == Uri.UriSchemeHttp || seed.Scheme == Uri.UriSchemeHttps);

    /// <summary>
    /// Returns the URL of a file on a web seed. In a torrent with a top-level folder, the file's original path is
    /// appended to the web seed's URL. The path includes the top-level folder. In a torrent without a top-level folder,
    /// the file has the URL of the web seed. If that URL ends with a slash, the file's original name is appended.
    /// </summary>
    /// <param name="seed">URL of the web seed.</param>
    /// <param name="torrent">The torrent that contains the file.</param>
    /// <param name="file">A file of <paramref name="torrent"/>.</param>
    /// <returns>
    /// The URL. Null if the original path has a component <c>..</c>, invalid UTF-8 or characters that are not
    /// displayable, or if the result is not a valid URL.
    /// </returns>
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

    /// <summary>
    /// Appends a path to a URL, with each component percent-encoded. Returns false if the path has no component, or if
    /// a component is <c>..</c> or contains <see cref="InvalidUtf8"/>.
    /// </summary>
    private static bool TryAppend(StringBuilder url, string path)
    {
        bool isFirst = true;
        foreach (string component in path.Split('/'))
        {
            if (component is "" or ".")
                continue;
            if (component == ".." || component.Contains(InvalidUtf8, StringComparison.Ordinal))
                return false;
            if (!isFirst)
                url.Append('/');
            url.Append(Uri.EscapeDataString(component));
            isFirst = false;
        }

        return !isFirst;
    }
}
