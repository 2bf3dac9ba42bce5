using System.Globalization;

namespace TorrentPS.Cli.Rendering;

/// <summary>What a torrent file says, for a person.</summary>
internal static class TorrentInfoText
{
    /// <summary>More files than this scroll the rest off the screen; <c>--json</c> has them all.</summary>
    private const int MaxFiles = 40;

    public static void Write(TextWriter output, TorrentInfoRecord info)
    {
        void Line(string label, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                output.WriteLine($"{label,-13}{value}");
        }

        Line("Name", info.Name);
        Line("Size", string.Create(CultureInfo.InvariantCulture, $"{HumanText.Size(info.Size)} ({info.Size} bytes) in {HumanText.Count(info.FileCount, "file")}"));
        Line("Pieces", $"{info.PieceCount} of {HumanText.Size(info.PieceLength)}");
        Line("InfoHash", info.InfoHash);
        Line("InfoHashV2", info.InfoHashV2);
        Line("Private", info.IsPrivate ? "yes" : null);
        Line("Comment", OneLine(info.Comment));
        Line("Source", OneLine(info.Source));
        Line("Created", string.Join(' ', new[] { info.CreationDate?.ToString("u", CultureInfo.InvariantCulture), OneLine(info.CreatedBy) is { } by ? $"by {by}" : null }.Where(part => part is not null)));
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

    /// <summary>Free text of a torrent must not steer the terminal.</summary>
    private static string? OneLine(string? text) =>
        text is null ? null : string.Concat(text.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '\uFFFD' : c));
}
