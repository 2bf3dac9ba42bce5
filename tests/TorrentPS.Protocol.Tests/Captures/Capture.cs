namespace TorrentPS.Protocol.Tests.Captures;

/// <summary>A packet captured from a real client; see <c>clients.txt</c>.</summary>
/// <param name="Client">Name and version of the client.</param>
/// <param name="Protocol">Protocol of the packet.</param>
/// <param name="Kind">Kind of message.</param>
/// <param name="Bytes">Content of the packet.</param>
public sealed record Capture(string Client, string Protocol, string Kind, byte[] Bytes)
{
    /// <summary>All packets, always in the same order.</summary>
    public static IReadOnlyList<Capture> All { get; } = [.. Read()];

    /// <summary>The packets of a protocol; for KRPC and LSD, over IPv4 and IPv6.</summary>
    public static IReadOnlyList<Capture> Of(string protocol) =>
        [.. All.Where(capture => capture.Protocol.TrimEnd('6') == protocol)];

    /// <inheritdoc/>
    public override string ToString() => $"{Client} {Protocol} {Kind}";

    private static IEnumerable<Capture> Read()
    {
        using Stream stream = typeof(Capture).Assembly.GetManifestResourceStream("clients.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            string[] parts = line.Split(' ');
            yield return new Capture(parts[0], parts[1], parts[2], Convert.FromHexString(parts[3]));
        }
    }
}
