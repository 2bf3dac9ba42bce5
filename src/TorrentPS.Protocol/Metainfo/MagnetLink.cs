using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// A magnet link to a torrent (BEP 9, "magnet URI format"). It may select files of the torrent (BEP 53).
/// </summary>
public sealed record MagnetLink
{
    /// <summary>
    /// Maximum length of a link in characters. A link of this length has room for several hundred trackers.
    /// </summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>
    /// Maximum length of <see cref="Title"/> in UTF-16 code units. Most systems limit file names to the same length.
    /// </summary>
    private const int MaxTitleLength = 255;

    /// <summary>The v1 info hash (<c>xt=urn:btih:</c>), or null if the link has none.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash (<c>xt=urn:btmh:1220</c>), or null if the link has none.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>
    /// Info hash for handshakes, trackers and the DHT: the v1 info hash if the link has one, otherwise the v2 info hash
    /// truncated to 20 bytes (BEP 52).
    /// </summary>
    /// <exception cref="InvalidOperationException">The link has no info hash.</exception>
    public InfoHash WireHash =>
        InfoHash ?? InfoHashV2?.Truncate() ?? throw new InvalidOperationException("The link has no info hash.");

    /// <summary>
    /// Suggested name of the torrent (<c>dn</c>), or null if the link has none. The name is displayable text, but it is
    /// not safe as a file name.
    /// </summary>
    public string? DisplayName
    {
        get;
        init => field = value is not null && DisplayText.Line(value) is { Length: > 0 } name ? name : null;
    }

    /// <summary>
    /// Name to display until the metadata is known. It is the start of <see cref="DisplayName"/>, or the hexadecimal
    /// <see cref="WireHash"/> if the link has no name.
    /// </summary>
    public string Title =>
        DisplayName is { } name ? DisplayText.Line(name, MaxTitleLength) : WireHash.ToString();

    /// <summary>Tracker URLs (<c>tr</c>).</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Web seed URLs (<c>ws</c>, BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Addresses of peers to connect to (<c>x.pe</c>).</summary>
    public IReadOnlyList<HostEndPoint> Peers { get; init; } = [];

    /// <summary>
    /// Files to download, as ranges of file indices (<c>so</c>, BEP 53). An empty list selects all files.
    /// </summary>
    public IReadOnlyList<FileRange> SelectedFiles { get; init; } = [];

    /// <summary>Total length of the files in bytes (<c>xl</c>), or null if the link has none.</summary>
    public long? ExactLength { get; init; }

    /// <summary>Parses a magnet link.</summary>
    /// <exception cref="FormatException">
    /// The text is not a magnet link to a torrent. The message states the reason.
    /// </exception>
    public static MagnetLink Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return MagnetParser.Parse(text, out string? error) ?? throw new FormatException(error);
    }

    /// <summary>Parses a magnet link.</summary>
    /// <returns>False if the text is not a magnet link to a torrent.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out MagnetLink? link)
    {
        link = text is null ? null : MagnetParser.Parse(text, out _);
        return link is not null;
    }

    /// <summary>Creates a magnet link that contains only an info hash.</summary>
    /// <param name="text">The info hash: 40 (v1) or 64 (v2) hexadecimal digits.</param>
    /// <param name="link">The link.</param>
    /// <returns>False if the text is not an info hash.</returns>
    public static bool TryFromInfoHash([NotNullWhen(true)] string? text, [NotNullWhen(true)] out MagnetLink? link)
    {
        link = text?.Length switch
        {
            Primitives.InfoHash.Length * 2 when Primitives.InfoHash.TryParse(text, out InfoHash v1) =>
                new MagnetLink { InfoHash = v1 },
            Primitives.InfoHashV2.Length * 2 when Primitives.InfoHashV2.TryParse(text, out InfoHashV2 v2) =>
                new MagnetLink { InfoHashV2 = v2 },
            _ => null,
        };
        return link is not null;
    }

    /// <summary>Returns the link as text that <see cref="Parse"/> accepts.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (InfoHash is { } v1)
            parts.Add($"xt=urn:btih:{v1}");
        if (InfoHashV2 is { } v2)
            parts.Add($"xt=urn:btmh:{MagnetParser.Sha256Multihash}{v2}");
        if (!string.IsNullOrEmpty(DisplayName))
            parts.Add("dn=" + Uri.EscapeDataString(DisplayName));
        if (ExactLength is { } length)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"xl={length}"));
        parts.AddRange(Trackers.Select(url => "tr=" + Uri.EscapeDataString(url)));
        parts.AddRange(WebSeeds.Select(url => "ws=" + Uri.EscapeDataString(url)));
        parts.AddRange(Peers.Select(peer => $"x.pe={peer}"));
        if (SelectedFiles.Count > 0)
            parts.Add("so=" + string.Join(',', SelectedFiles));
        return "magnet:?" + string.Join('&', parts);
    }

    /// <inheritdoc/>
    public bool Equals(MagnetLink? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}

/// <summary>An inclusive range of file indices (BEP 53).</summary>
/// <param name="First">Zero-based index of the first file.</param>
/// <param name="Last">Zero-based index of the last file, included in the range.</param>
public readonly record struct FileRange(int First, int Last)
{
    /// <summary>Returns whether a file index is in the range.</summary>
    public bool Contains(int index) => index >= First && index <= Last;

    /// <summary>
    /// Returns the range as written in <c>so</c>: a single index such as <c>3</c>, or the first and the last index
    /// such as <c>3-5</c>.
    /// </summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}

/// <summary>
/// A host name or IP address with a port: a DHT node listed in a torrent, or a peer in a magnet link.
/// </summary>
/// <param name="Host">Host name, or IPv4 or IPv6 address without brackets.</param>
/// <param name="Port">Port, from 1 to 65535.</param>
public sealed record HostEndPoint(string Host, int Port)
{
    /// <summary>Returns <c>host:port</c>, with brackets around an IPv6 address.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
