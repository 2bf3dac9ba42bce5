using System.Globalization;

namespace TorrentPS.Cli.Rendering;

/// <summary>Writes the content of a torrent file as text.</summary>
internal static class TorrentInfoText
{
    /// <summary>
    /// Maximum number of files listed. With more, the other information would scroll off the screen. <c>--json</c>
    /// lists all files.
    /// </summary>
    private const int MaxFiles = 40;

    public static void Write(TextWriter output, TorrentInfoRecord info)
    {
        void Line(string label, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                output.WriteLine($"{label,-13}{value}");
        }

        Line("Name", info.Name);
        string files = HumanText.Count(info.FileCount, "file");
        Line(
            "Size",
            string.Create(CultureInfo.InvariantCulture, $"{HumanText.Size(info.Size)} ({info.Size} bytes) in {files}"));
        Line("Pieces", $"{info.PieceCount} of {HumanText.Size(info.PieceLength)}");
        Line("InfoHash", info.InfoHash);
        Line("InfoHashV2", info.InfoHashV2);
        Line("Private", info.IsPrivate ? "yes" : null);
        Line("Comment", OneLine(info.Comment));
        Line("Source", OneLine(info.Source));
        string? date = info.CreationDate?.ToString("u", CultureInfo.InvariantCulture);
        string? creator = OneLine(info.CreatedBy) is { } by ? $"by {by}" : null;
        Line("Created", string.Join(' ', new[] { date, creator }.Where(part => part is not null)));
        foreach (TorrentTrackerRecord tracker in info.Trackers)
            Line("Tracker", $"{OneLine(tracker.Url)} (tier {tracker.Tier})");
        foreach (string seed in info.WebSeeds)
            Line("Web seed", OneLine(seed));
        foreach (string warning in info.Warnings)
            Line("Warning", OneLine(warning));
        foreach (TorrentFileRecord file in info.Files.Take(MaxFiles))
            output.WriteLine($"  {HumanText.Size(file.Size),9}  {file.Path}");
        if (info.FileCount > MaxFiles)
            output.WriteLine($"  … and {info.FileCount - MaxFiles} more");
    }

    /// <summary>
    /// Replaces control and format characters, because a torrent's texts could contain escape sequences for the
    /// terminal.
    /// </summary>
    private static string? OneLine(string? text) =>
        text is null ? null : string.Concat(text.Select(c => IsPrintable(c) ? c : '\uFFFD'));

    private static bool IsPrintable(char c) =>
        !char.IsControl(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format;
}
