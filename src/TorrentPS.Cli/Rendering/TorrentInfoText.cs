using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli.Rendering;

internal static class TorrentInfoText
{
    /// <summary>
    /// Maximum number of files in the list. More files would scroll the other lines off the screen. <c>--json</c>
    /// writes all files.
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
        Line("Comment", ReplaceControlCharacters(info.Comment));
        Line("Source", ReplaceControlCharacters(info.Source));
        string? date = info.CreationDate?.ToString("u", CultureInfo.InvariantCulture);
        string? creator = ReplaceControlCharacters(info.CreatedBy) is { } by ? $"by {by}" : null;
        Line("Created", string.Join(' ', new[] { date, creator }.Where(part => part is not null)));
        foreach (TorrentTrackerRecord tracker in info.Trackers)
            Line("Tracker", $"{ReplaceControlCharacters(DisplayUrl.OfTracker(tracker.Url))} (tier {tracker.Tier})");
        foreach (string seed in info.WebSeeds)
            Line("Web seed", ReplaceControlCharacters(seed));
        foreach (string warning in info.Warnings)
            Line("Warning", ReplaceControlCharacters(warning));
        foreach (TorrentFileRecord file in info.Files.Take(MaxFiles))
            output.WriteLine($"  {HumanText.Size(file.Size),9}  {file.Path}");
        if (info.FileCount > MaxFiles)
            output.WriteLine($"  … and {info.FileCount - MaxFiles} more");
    }

    /// <summary>
    /// Replaces control and format characters. The author of a torrent chooses its texts, which could contain escape
    /// sequences for the terminal.
    /// </summary>
    private static string? ReplaceControlCharacters(string? text) =>
        text is null ? null : string.Concat(text.Select(c => IsPrintable(c) ? c : '\uFFFD'));

    private static bool IsPrintable(char c) =>
        !char.IsControl(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format;
}
