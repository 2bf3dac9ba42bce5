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
        Line("Comment", info.Comment is { } comment ? DisplayText.Line(comment) : null);
        Line("Source", info.Source);
        string? date = info.CreationDate?.ToString("u", CultureInfo.InvariantCulture);
        string? creator = info.CreatedBy is { } by ? $"by {by}" : null;
        Line("Created", string.Join(' ', new[] { date, creator }.Where(part => part is not null)));
        foreach (TorrentTrackerRecord tracker in info.Trackers)
            Line("Tracker", $"{DisplayUrl.OfTracker(tracker.Url)} (tier {tracker.Tier})");
        foreach (string seed in info.WebSeeds)
            Line("Web seed", DisplayUrl.OfWebSeed(seed));
        foreach (string warning in info.Warnings)
            Line("Warning", warning);
        foreach (TorrentFileRecord file in info.Files.Take(MaxFiles))
            output.WriteLine($"  {HumanText.Size(file.Size),9}  {file.Path}");
        if (info.FileCount > MaxFiles)
            output.WriteLine($"  … and {info.FileCount - MaxFiles} more");
    }
}
