using System.Globalization;
using Spectre.Console;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// Writes peers or trackers as a table: with borders on a terminal, and otherwise as columns of plain text.
/// </summary>
internal static class PeerTable
{
    public static void Write(Terminal terminal, IReadOnlyList<PeerRecord> peers) =>
        Write(terminal, ["Peer", "Client", "Progress", "Round trip", "Encrypted", "Remark"], peers.Select(peer => new[]
        {
            Join(peer.Address, peer.Port),
            peer.Client ?? "",
            peer.Progress is { } progress ? HumanText.Percent(progress) : "",
            peer.RoundTripMs is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time:0.0} ms") : "",
            peer.IsEncrypted is { } encrypted ? encrypted ? "yes" : "no" : "",
            peer.Error ?? "",
        }));

    public static void Write(Terminal terminal, IReadOnlyList<PeerStatus> peers) =>
        Write(terminal, ["Peer", "Client", "Progress", "Down", "Up", "Rate", "Source", "Flags"], peers.Select(peer => new[]
        {
            Join(peer.EndPoint.Address.ToString(), peer.EndPoint.Port),
            peer.Client,
            HumanText.Percent(peer.Progress),
            HumanText.Size(peer.Downloaded),
            HumanText.Size(peer.Uploaded),
            HumanText.Rate(peer.DownloadRate),
            peer.Source.ToString(),
            peer.Flags.ToString(),
        }));

    public static void Write(Terminal terminal, IReadOnlyList<TrackerRecord> trackers) => Write(
        terminal,
        ["Tier", "State", "Seeds", "Leeches", "Completed", "Tracker", "Remark"],
        trackers.Select(tracker => new[]
        {
            Text(tracker.Tier),
            tracker.State.ToString(),
            Text(tracker.Seeds),
            Text(tracker.Leeches),
            Text(tracker.Completed),
            tracker.Tracker,
            tracker.ScrapeFailure ?? "",
        }));

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Join(string address, int port) =>
        address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{port}" : $"{address}:{port}";

    private static void Write(Terminal terminal, string[] header, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (terminal.IsInteractive)
            WriteFramed(terminal, header, all);
        else
            WritePlain(terminal.Out, header, all);
    }

    private static void WriteFramed(Terminal terminal, string[] header, string[][] rows)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns(header);
        foreach (string[] row in rows)
            table.AddRow(row.Select(Markup.Escape).ToArray());
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out) }).Write(table);
    }

    private static void WritePlain(TextWriter output, string[] header, string[][] rows)
    {
        int[] widths =
            [.. header.Select((name, column) => rows.Select(row => row[column].Length).Append(name.Length).Max())];
        foreach (string[] row in rows.Prepend(header))
            output.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
    }
}
