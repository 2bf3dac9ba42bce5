using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

internal static class TransferText
{
    /// <summary>
    /// Returns the name of the state. For a stopped torrent with all wanted pieces, returns <c>Complete</c>.
    /// </summary>
    public static string State(TorrentStatus status) =>
        status is { State: TorrentState.Stopped, Progress: >= 100 } ? "Complete" : status.State.ToString();

    public static string Rates(TorrentStatus status)
    {
        var parts = new List<string>();
        if (status.StalledReason is { } reason)
            parts.Add(reason.Describe());
        if (status.State is TorrentState.Downloading)
            parts.Add($"↓ {HumanText.Rate(status.DownloadRate)}");
        if (status.UploadRate > 0 || status.State is TorrentState.Seeding or TorrentState.Finished)
            parts.Add($"↑ {HumanText.Rate(status.UploadRate)}");
        parts.Add(HumanText.Count(status.Peers, "peer"));
        if (status.Eta is { } eta)
            parts.Add($"{HumanText.Time(eta)} left");
        return string.Join(", ", parts);
    }

    public static string Summary(TorrentResult result)
    {
        TorrentStatus status = result.Status;
        if (status.PieceCount == 0)
            return $"{status.Name}: metadata not received within {HumanText.Time(status.Elapsed)}";
        string path = Path.Combine(status.Destination, status.Name);
        string traffic = $"{HumanText.Size(status.Downloaded)} down, {HumanText.Size(status.Uploaded)} up "
            + $"in {HumanText.Time(status.Elapsed)}";
        return status.CompletedAt is not null || status.Progress >= 100
            ? $"{status.Name}: {HumanText.Size(status.Completed)} verified ({traffic}), in {path}"
            : $"{status.Name}: {HumanText.Percent(status.Progress)} verified and kept ({traffic}), in {path}";
    }
}
