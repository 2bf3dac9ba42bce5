using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>
/// Location of a session's peer cache. Its text is <c>none</c>, <c>file</c> (the state folder) or
/// <c>redis://host:port/db</c>, with <c>rediss://</c> for TLS.
/// </summary>
public sealed record PeerCacheLocation
{
    private PeerCacheLocation(string text, Uri? server = null) => (Text, Server) = (text, server);

    /// <summary>No peer cache: peers are not stored.</summary>
    public static PeerCacheLocation None { get; } = new("none");

    /// <summary>Files in the session's state folder.</summary>
    public static PeerCacheLocation File { get; } = new("file");

    /// <summary>
    /// The location as text. <see cref="Parse"/> converts it back. The text may contain a password, which
    /// <see cref="ToString"/> leaves out.
    /// </summary>
    public string Text { get; }

    /// <summary>The Redis server; <see langword="null"/> for <see cref="None"/> and <see cref="File"/>.</summary>
    public Uri? Server { get; }

    /// <summary>Whether there is a peer cache: false only for <see cref="None"/>.</summary>
    public bool IsEnabled => this != None;

    /// <summary>
    /// Parses a location: <c>none</c>, <c>file</c>, or <c>redis://[user:password@]host[:port][/db]</c>. With
    /// <c>rediss://</c>, the connection is encrypted with TLS.
    /// </summary>
    /// <exception cref="FormatException">The text has none of these forms. The message lists the forms, and contains
    /// no password.</exception>
    public static PeerCacheLocation Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Equals(None.Text, StringComparison.OrdinalIgnoreCase))
            return None;
        if (text.Equals(File.Text, StringComparison.OrdinalIgnoreCase))
            return File;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? server) && IsRedis(server)
            ? new PeerCacheLocation(text, server)
            : throw new FormatException(
                $"{(text.AsSpan().ContainsAny(":@?#") ? "The address" : $"'{DisplayText.Line(text)}'")} is not a peer "
                + "cache. Write none, file, redis://host:port/db, or rediss://host:port/db for TLS.");
    }

    /// <summary>
    /// Whether both locations have the same <see cref="Text"/>. Redis addresses that differ only in the password are
    /// different locations.
    /// </summary>
    public bool Equals(PeerCacheLocation? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The text of the location, without user name and password.</summary>
    public override string ToString() => Server is null or { UserInfo.Length: 0 }
        ? Text
        : new UriBuilder(Server) { UserName = "", Password = "" }.Uri.ToString();

    private static bool IsRedis(Uri address) =>
        address is { IsAbsoluteUri: true, Scheme: "redis" or "rediss", Host.Length: > 0, Query: "", Fragment: "" }
        && address.AbsolutePath.Trim('/') is var database
        && (database.Length == 0 || int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
