namespace TorrentPS.Protocol.Tests.Captures;

/// <summary>A packet that a real client sent; see <c>clients.txt</c>.</summary>
/// <param name="Client">Its name and version.</param>
/// <param name="Protocol">What it is a packet of.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Bytes">Itself.</param>
public sealed record Capture(string Client, string Protocol, string Kind, byte[] Bytes)
{
    /// <summary>All there are, always in the same order.</summary>
    public static IReadOnlyList<Capture> All { get; } = [.. Read()];

    /// <summary>Those of one protocol; of KRPC and LSD over both families.</summary>
    public static IReadOnlyList<Capture> Of(string protocol) => [.. All.Where(capture => capture.Protocol.TrimEnd('6') == protocol)];

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
