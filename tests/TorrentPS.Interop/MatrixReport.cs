using System.Globalization;
using System.Text;

namespace TorrentPS.Interop;

/// <summary>
/// The results as Markdown tables. The file is <c>TORRENTPS_INTEROP_REPORT</c>, or is beside the tests, and is written
/// again after each result.
/// </summary>
internal static class MatrixReport
{
    private static readonly Lock s_gate = new();
    private static readonly SortedDictionary<string, SortedDictionary<string, string>> s_tables = new(
        StringComparer.Ordinal);

    public static string File { get; } =
        Environment.GetEnvironmentVariable("TORRENTPS_INTEROP_REPORT") is { Length: > 0 } path
        ? path
        : Path.Combine(AppContext.BaseDirectory, "interop-matrix.md");

    public static void Add(
        RealClient client, Direction direction, TrackerKind tracker, Shape shape, bool passed, TimeSpan time) =>
        Add(
            "| client | direction | tracker | shape |",
            $"| {client} | {Text(direction)} | {tracker.ToString().ToUpperInvariant()} | {shape} |",
            passed,
            time);

    public static void Add(
        RealClient client, Direction direction, PeerSourceKind peerSource, bool passed, TimeSpan time) =>
        Add(
            "| client | direction | magnet link, peer source |",
            $"| {client} | {Text(direction)} | {peerSource} |",
            passed,
            time);

    public static void Add(
        RealClient client,
        Direction direction,
        ClientEncryption encryption,
        string policy,
        bool passed,
        TimeSpan time) =>
        Add(
            "| client | its encryption | direction | torrentps --encryption |",
            $"| {client} | {encryption} | {Text(direction)} | {policy} |",
            passed,
            time);

    private static string Text(Direction direction) =>
        direction == Direction.Download ? "TorrentPS downloads" : "TorrentPS seeds";

    private static void Add(string columns, string row, bool passed, TimeSpan time)
    {
        lock (s_gate)
        {
            if (!s_tables.TryGetValue(columns, out SortedDictionary<string, string>? rows))
                s_tables[columns] = rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
            rows[row] = string.Create(
                CultureInfo.InvariantCulture, $" {(passed ? "ok" : "FAILED")} | {time.TotalSeconds:0.0} s |");
            var text = new StringBuilder();
            foreach ((string head, SortedDictionary<string, string> body) in s_tables)
            {
                string rule = string.Concat(Enumerable.Repeat("---|", head.Count(c => c == '|') + 1));
                text.Append(head).Append(" result | time |\n|").Append(rule).Append('\n');
                foreach ((string key, string value) in body)
                    text.Append(key).Append(value).Append('\n');
                text.Append('\n');
            }

            System.IO.File.WriteAllText(File, text.ToString());
        }
    }
}
