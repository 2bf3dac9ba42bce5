using System.Text.RegularExpressions;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Turns the user's wishes about files into a wish for each piece.</summary>
internal static class FileSelection
{
    /// <summary>Makes sure that wildcards can be read before there are files to match.</summary>
    /// <exception cref="SessionException">A wildcard can't be read.</exception>
    public static void Check(TorrentSettings settings)
    {
        foreach (string wildcard in settings.Include.Concat(settings.Exclude))
            Compile(wildcard);
    }

    /// <summary>The wishes that a magnet link has about files (BEP 53), for a user who has none.</summary>
    public static TorrentSettings OfLink(MagnetLink link, TorrentMetainfo metainfo, TorrentSettings settings)
    {
        if (link.SelectedFiles.Count == 0 || settings.Include.Count + settings.Exclude.Count + settings.FilePriorities.Count > 0)
            return settings;
        return settings with
        {
            FilePriorities = metainfo.Files
                .Where(file => !link.SelectedFiles.Any(range => range.Contains(file.Index)))
                .ToDictionary(file => file.Index, _ => DownloadPriority.Skip),
        };
    }

    /// <summary>The wish for each file, by index. Pad files follow their neighbours and count as not wanted here.</summary>
    /// <exception cref="SessionException">A wildcard can't be read.</exception>
    public static DownloadPriority[] OfFiles(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        Regex[] include = [.. settings.Include.Select(Compile)];
        Regex[] exclude = [.. settings.Exclude.Select(Compile)];
        var wishes = new DownloadPriority[metainfo.Files.Count];
        for (int i = 0; i < wishes.Length; i++)
        {
            TorrentFile file = metainfo.Files[i];
            bool wanted = !file.IsPadding && (include.Length == 0 || Matches(include, file)) && !Matches(exclude, file);
            wishes[i] = wanted ? settings.FilePriorities.GetValueOrDefault(i, DownloadPriority.Normal) : DownloadPriority.Skip;
        }

        return wishes;
    }

    /// <summary>The wish for each piece: the strongest of the files it holds a part of; empty when all are normal.</summary>
    public static DownloadPriority[] OfPieces(TorrentMetainfo metainfo, DownloadPriority[] files, int? pieceCount)
    {
        TorrentGeometry geometry = metainfo.Geometry;
        int limit = Math.Clamp(pieceCount ?? geometry.PieceCount, 0, geometry.PieceCount);
        var wishes = new DownloadPriority[geometry.PieceCount];
        for (int i = 0; i < files.Length; i++)
        {
            TorrentFile file = metainfo.Files[i];
            if (file.Length == 0 || files[i] == DownloadPriority.Skip)
                continue;
            int first = (int)(file.Offset / geometry.PieceLength);
            int last = (int)((file.Offset + file.Length - 1) / geometry.PieceLength);
            for (int piece = first; piece <= last && piece < limit; piece++)
                wishes[piece] = (DownloadPriority)Math.Max((int)wishes[piece], (int)files[i]);
        }

        return wishes.All(wish => wish == DownloadPriority.Normal) ? [] : wishes;
    }

    /// <summary>Whether a wildcard means a file by its path, by its path inside the torrent's folder or by its name.</summary>
    private static bool Matches(Regex[] patterns, TorrentFile file)
    {
        string inFolder = file.Path[(file.Path.IndexOf('/') + 1)..];
        string name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        return patterns.Any(pattern => pattern.IsMatch(file.Path) || pattern.IsMatch(inFolder) || pattern.IsMatch(name));
    }

    /// <summary>PowerShell's wildcards: <c>*</c>, <c>?</c> and <c>[a-z]</c>, without regard to case. Matching takes linear time.</summary>
    private static Regex Compile(string wildcard)
    {
        string pattern = Regex.Escape(wildcard.Replace('\\', '/')).Replace("\\*", ".*").Replace("\\?", ".");
        pattern = Regex.Replace(pattern, @"\\\[([^\]]+?)\]", match => $"[{match.Groups[1].Value.Replace("\\-", "-")}]");
        try
        {
            return new Regex(
                $"^{pattern}$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
        }
        catch (ArgumentException error)
        {
            throw new SessionException(SessionErrorId.BadSettings, $"'{wildcard}' is no wildcard that can be read: {error.Message}", error);
        }
    }
}
