using System.Globalization;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// Writes peers as comma-separated values (RFC 4180). The columns have the same names as the properties of the module's
/// TorrentPeer objects.
/// </summary>
internal static class PeerCsv
{
    private static readonly (string Name, Func<PeerRecord, object?> Value)[] s_columns =
    [
        ("Torrent", peer => peer.Torrent),
        ("Address", peer => peer.Address),
        ("Port", peer => peer.Port),
        ("Client", peer => peer.Client),
        ("Progress", peer => peer.Progress),
        ("Pieces", peer => peer.Pieces),
        ("RoundTripMs", peer => peer.RoundTripMs),
        ("Source", peer => peer.Source),
        ("Answered", peer => peer.Answered),
        ("IsEncrypted", peer => peer.IsEncrypted),
        ("Error", peer => peer.Error),
        ("PeerId", peer => peer.PeerId),
        ("InfoHash", peer => peer.InfoHash),
    ];

    /// <summary>
    /// Characters, including full-width forms, that make a spreadsheet treat a text as a formula if the text begins
    /// with one of them. A peer chooses its own client name, which could therefore be a formula. A formula can
    /// send the content of other cells to a server, or start a program.
    /// </summary>
    private const string FormulaStarts = "=+-@\t\r＝＋－＠";

    /// <param name="output">Receives the lines.</param>
    /// <param name="peers">The peers, one for each line.</param>
    /// <param name="keepFormulas">
    /// Whether text that begins like a formula is written unchanged. Otherwise an apostrophe is written before it, so
    /// that a spreadsheet shows it as text.
    /// </param>
    public static void Write(TextWriter output, IEnumerable<PeerRecord> peers, bool keepFormulas)
    {
        output.WriteLine(string.Join(',', s_columns.Select(column => column.Name)));
        foreach (PeerRecord peer in peers)
            output.WriteLine(string.Join(',', s_columns.Select(column => Field(column.Value(peer), keepFormulas))));
    }

    private static string Field(object? value, bool keepFormulas)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        if (!keepFormulas && value is string && text.Length > 0 && FormulaStarts.Contains(text[0]))
            text = $"'{text}";
        if (text.Length > 0 && text.AsSpan().IndexOfAny(",\"\r\n") < 0)
            return text;
        return text.Length == 0 ? "" : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
