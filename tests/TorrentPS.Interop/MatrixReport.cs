using System.Globalization;
using System.Text;

namespace TorrentPS.Interop;

/// <summary>The table of what moved with whom, written anew after each row to <c>TORRENTPS_INTEROP_REPORT</c> or beside the tests.</summary>
internal static class MatrixReport
{
    private static readonly Lock s_gate = new();
    private static readonly SortedDictionary<string, string> s_rows = new(StringComparer.Ordinal);

    public static string File { get; } = Environment.GetEnvironmentVariable("TORRENTPS_INTEROP_REPORT") is { Length: > 0 } named
        ? named
        : Path.Combine(AppContext.BaseDirectory, "interop-matrix.md");

    public static void Add(RealClient client, Direction direction, TrackerKind tracker, Shape shape, bool passed, TimeSpan time)
    {
        string row = string.Create(CultureInfo.InvariantCulture, $"| {client} | {(direction == Direction.WeDownload ? "we download" : "we seed")} | {tracker.ToString().ToUpperInvariant()} | {shape} |");
        lock (s_gate)
        {
            s_rows[row] = string.Create(CultureInfo.InvariantCulture, $" {(passed ? "ok" : "FAILED")} | {time.TotalSeconds:0.0} s |");
            var table = new StringBuilder("| client | direction | tracker | shape | result | time |\n|---|---|---|---|---|---|\n");
            foreach ((string key, string value) in s_rows)
                table.Append(key).Append(value).Append('\n');
            System.IO.File.WriteAllText(File, table.ToString());
        }
    }
}
