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
        ("Error", peer => peer.Error),
        ("PeerId", peer => peer.PeerId),
        ("InfoHash", peer => peer.InfoHash),
    ];

    public static void Write(TextWriter output, IEnumerable<PeerRecord> peers)
    {
        output.WriteLine(string.Join(',', s_columns.Select(column => column.Name)));
        foreach (PeerRecord peer in peers)
            output.WriteLine(string.Join(',', s_columns.Select(column => Field(column.Value(peer)))));
    }

    private static string Field(object? value)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        if (text.Length > 0 && text.AsSpan().IndexOfAny(",\"\r\n") < 0)
            return text;
        return text.Length == 0 ? "" : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
