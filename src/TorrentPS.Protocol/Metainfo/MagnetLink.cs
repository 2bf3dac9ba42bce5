using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>A magnet link to a torrent (BEP 9, "magnet URI format"; BEP 53 for the selection of files).</summary>
public sealed record MagnetLink
{
    /// <summary>The longest link read, in characters: a few hundred trackers.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>The longest <see cref="Title"/>, in characters: as long as a file name may be.</summary>
    private const int MaxTitleLength = 255;

    /// <summary>The v1 info hash (<c>xt=urn:btih:</c>), or null.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash (<c>xt=urn:btmh:1220</c>), or null.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>What handshakes and trackers use: the v1 info hash where there is one, else the v2 one cut to 20 bytes (BEP 52).</summary>
    public InfoHash WireHash => InfoHash ?? InfoHashV2?.Truncate() ?? throw new InvalidOperationException("The link has no info hash.");

    /// <summary>The name to show until the metadata is there (<c>dn</c>), or null. Not a safe file name.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What to call the torrent until its metadata is there: its name fit to be shown, or else its hash.</summary>
    public string Title => DisplayName is { } name && DisplayText.Sanitise(name, MaxTitleLength) is { Length: > 0 } shown ? shown : WireHash.ToString();

    /// <summary>Tracker addresses (<c>tr</c>).</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Web seed addresses (<c>ws</c>, BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Addresses of peers (<c>x.pe</c>).</summary>
    public IReadOnlyList<HostEndPoint> Peers { get; init; } = [];

    /// <summary>The files to download, as inclusive ranges of their indices (<c>so</c>, BEP 53); empty for all of them.</summary>
    public IReadOnlyList<FileRange> SelectedFiles { get; init; } = [];

    /// <summary>The size of the content in bytes (<c>xl</c>), or null.</summary>
    public long? ExactLength { get; init; }

    /// <summary>Reads a link.</summary>
    /// <exception cref="FormatException">The text is no magnet link to a torrent; the message says why.</exception>
    public static MagnetLink Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return MagnetParser.Parse(text, out string? error) ?? throw new FormatException(error);
    }

    /// <summary>Reads a link.</summary>
    /// <returns>False when the text is no magnet link to a torrent.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out MagnetLink? link)
    {
        link = text is null ? null : MagnetParser.Parse(text, out _);
        return link is not null;
    }

    /// <summary>The link; reading it gives the same values again.</summary>
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

/// <summary>Files by number (BEP 53).</summary>
/// <param name="First">The zero-based index of the first file.</param>
/// <param name="Last">The index of the last one, which belongs to the range.</param>
public readonly record struct FileRange(int First, int Last)
{
    /// <summary>Whether a file is in the range.</summary>
    public bool Contains(int index) => index >= First && index <= Last;

    /// <summary>One number, or two with a dash.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}

/// <summary>The address of a DHT node, or of a peer in a magnet link.</summary>
/// <param name="Host">A name, or an IPv4 or IPv6 address without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record HostEndPoint(string Host, int Port)
{
    /// <summary><c>host:port</c>, with brackets around an IPv6 address.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
