using System.Text.RegularExpressions;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Computes the priorities of files and pieces from the settings of a torrent.</summary>
internal static class FileSelection
{
    /// <summary>Checks the syntax of the wildcards. Called before the files are known.</summary>
    /// <exception cref="SessionException">A wildcard is invalid.</exception>
    public static void Check(TorrentSettings settings)
    {
        foreach (string wildcard in settings.Include.Concat(settings.Exclude))
            Compile(wildcard);
    }

    /// <summary>
    /// Returns settings in which the files that a magnet link doesn't select (BEP 53) are skipped. If the settings
    /// already select files, or the link selects none, returns the settings unchanged.
    /// </summary>
    public static TorrentSettings ApplyLinkSelection(
        MagnetLink link, TorrentMetainfo metainfo, TorrentSettings settings)
    {
        int selections = settings.Include.Count + settings.Exclude.Count + settings.FilePriorities.Count;
        if (link.SelectedFiles.Count == 0 || selections > 0)
            return settings;
        return settings with
        {
            FilePriorities = metainfo.Files
                .Where(file => !link.SelectedFiles.Any(range => range.Contains(file.Index)))
                .ToDictionary(file => file.Index, _ => DownloadPriority.Skip),
        };
    }

    /// <summary>
    /// Returns the priority of each file, and the priority of each piece. The array of piece priorities is empty if all
    /// pieces have <see cref="DownloadPriority.Normal"/>.
    /// </summary>
    /// <exception cref="SessionException">
    /// A wildcard is invalid, or no file is wanted (<see cref="SessionErrorId.NoFileMatches"/>).
    /// </exception>
    public static (DownloadPriority[] Files, DownloadPriority[] Pieces) Of(
        TorrentMetainfo metainfo, TorrentSettings settings)
    {
        DownloadPriority[] files = OfFiles(metainfo, settings);
        bool isSelecting = settings.Include.Count + settings.Exclude.Count + settings.FilePriorities.Count > 0;
        if (isSelecting && files.All(priority => priority == DownloadPriority.Skip))
            throw NoFileMatches(metainfo, settings);
        DownloadPriority[] pieces = OfPieces(metainfo, files, settings.PieceCount);
        bool hasData = metainfo.Files.Any(file => files[file.Index] != DownloadPriority.Skip && file.Length > 0);
        if (hasData && pieces.Length > 0 && pieces.All(priority => priority == DownloadPriority.Skip))
        {
            throw new SessionException(
                SessionErrorId.NoFileMatches,
                $"Nothing of '{metainfo.Name}' is selected: the selected files have no data in the first "
                + $"{settings.PieceCount} pieces. Select more pieces or other files.");
        }

        return (files, pieces);
    }

    /// <summary>
    /// Returns the priority of each file, by file index. Pad files get <see cref="DownloadPriority.Skip"/>. This does
    /// not affect pieces: a piece gets the priority of the other files in it.
    /// </summary>
    /// <exception cref="SessionException">A wildcard is invalid.</exception>
    public static DownloadPriority[] OfFiles(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        Regex[] include = [.. settings.Include.Select(Compile)];
        Regex[] exclude = [.. settings.Exclude.Select(Compile)];
        var priorities = new DownloadPriority[metainfo.Files.Count];
        for (int i = 0; i < priorities.Length; i++)
        {
            TorrentFile file = metainfo.Files[i];
            bool isIncluded = include.Length == 0 || Matches(include, file);
            bool isWanted = !file.IsPadding && isIncluded && !Matches(exclude, file);
            priorities[i] = isWanted
                ? settings.FilePriorities.GetValueOrDefault(i, DownloadPriority.Normal)
                : DownloadPriority.Skip;
        }

        return priorities;
    }

    /// <summary>
    /// Returns the priority of each piece: the highest priority of the files with data in the piece. Returns an empty
    /// array if all pieces have <see cref="DownloadPriority.Normal"/>.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="files">The priority of each file, by file index.</param>
    /// <param name="pieceCount">
    /// Number of pieces that may be wanted, counted from the first piece. All later pieces are skipped. Null means no
    /// such limit.
    /// </param>
    public static DownloadPriority[] OfPieces(TorrentMetainfo metainfo, DownloadPriority[] files, int? pieceCount)
    {
        TorrentGeometry geometry = metainfo.Geometry;
        int limit = Math.Clamp(pieceCount ?? geometry.PieceCount, 0, geometry.PieceCount);
        var priorities = new DownloadPriority[geometry.PieceCount];
        for (int i = 0; i < files.Length; i++)
        {
            TorrentFile file = metainfo.Files[i];
            if (file.Length == 0 || files[i] == DownloadPriority.Skip)
                continue;
            int first = (int)(file.Offset / geometry.PieceLength);
            int last = (int)((file.Offset + file.Length - 1) / geometry.PieceLength);
            for (int piece = first; piece <= last && piece < limit; piece++)
                priorities[piece] = (DownloadPriority)Math.Max((int)priorities[piece], (int)files[i]);
        }

        return priorities.All(priority => priority == DownloadPriority.Normal) ? [] : priorities;
    }

    private static SessionException NoFileMatches(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        string reason = (settings.Include.Count, settings.Exclude.Count) switch
        {
            (0, 0) => "the file priorities skip every file",
            (0, _) => $"the excluded wildcards {Quote(settings.Exclude)} match every file",
            (_, 0) => $"no file matches {Quote(settings.Include)}",
            _ => $"no file matches {Quote(settings.Include)} but not the excluded {Quote(settings.Exclude)}",
        };
        IReadOnlyList<string> nearest = settings.Include.Count > 0 ? NearestFiles.Find(metainfo, settings.Include) : [];
        return new SessionException(
            SessionErrorId.NoFileMatches,
            $"Nothing of '{metainfo.Name}' is selected: {reason}. "
            + (nearest.Count > 0
                ? $"The nearest file names are {Quote(nearest)}. Change the wildcards."
                : "Select at least one file."));
    }

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    /// <summary>
    /// Whether any pattern matches the file's path, its path without the torrent's folder, or its name.
    /// </summary>
    private static bool Matches(Regex[] patterns, TorrentFile file)
    {
        string inFolder = file.Path[(file.Path.IndexOf('/') + 1)..];
        string name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        return patterns.Any(pattern =>
            pattern.IsMatch(file.Path) || pattern.IsMatch(inFolder) || pattern.IsMatch(name));
    }

    /// <summary>
    /// Converts a wildcard with <c>*</c>, <c>?</c> and <c>[a-z]</c>, as in PowerShell, to a regular expression that
    /// ignores case. Matching a path takes time linear in the length of the path.
    /// </summary>
    /// <exception cref="SessionException">The wildcard is invalid.</exception>
    private static Regex Compile(string wildcard)
    {
        string pattern = Regex.Escape(wildcard.Replace('\\', '/')).Replace("\\*", ".*").Replace("\\?", ".");
        pattern = Regex.Replace(pattern, @"\\\[([^\]]+?)\]", match => $"[{match.Groups[1].Value.Replace("\\-", "-")}]");
        try
        {
            return new Regex(
                $"^{pattern}$",
                RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline
                | RegexOptions.NonBacktracking);
        }
        catch (ArgumentException error)
        {
            string message = $"The wildcard '{wildcard}' is invalid: {error.Message}";
            throw new SessionException(SessionErrorId.BadSettings, message, error);
        }
    }
}
