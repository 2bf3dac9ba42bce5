using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The address of a Redis server: <c>redis://[user:password@]host[:port][/db]</c>, or <c>rediss://</c> for TLS.
/// </summary>
/// <param name="Host">The host name or IP address.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="Database">The number of the Redis database.</param>
/// <param name="User">The user name; null for the default user.</param>
/// <param name="Password">The password; null for none.</param>
/// <param name="UsesTls">Whether the connection is encrypted with TLS, and the server's certificate is checked.</param>
internal sealed record PeerCacheUri(
    string Host, int Port, int Database, string? User, string? Password, bool UsesTls = false)
{
    private const int DefaultPort = 6379;
    private const string Scheme = "redis";
    private const string TlsScheme = "rediss";

    /// <summary>Parses a URI of a Redis server.</summary>
    /// <exception cref="FormatException">The URI is not a valid <c>redis://</c> or <c>rediss://</c> URI.</exception>
    public static PeerCacheUri Parse(Uri uri)
    {
        if (!uri.IsAbsoluteUri || !IsServer(uri, out int database))
        {
            throw new FormatException(
                "A peer cache must have the form redis://[user:password@]host[:port][/db], or rediss:// for TLS.");
        }

        string[] user = uri.UserInfo.Split(':', 2);
        return new PeerCacheUri(
            uri.DnsSafeHost,
            uri.Port > 0 ? uri.Port : DefaultPort,
            database,
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            uri.Scheme == TlsScheme);
    }

    /// <summary>
    /// Returns a text in which the password, plain or URL-encoded, is replaced by <see cref="DisplayUrl.Mask"/>.
    /// </summary>
    public string HideIn(string text) => string.IsNullOrEmpty(Password)
        ? text
        : text.Replace(Password, DisplayUrl.Mask, StringComparison.Ordinal)
            .Replace(Uri.EscapeDataString(Password), DisplayUrl.Mask, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the address without user name and password, for display.</summary>
    public override string ToString() =>
        $"{(UsesTls ? TlsScheme : Scheme)}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}/{Database}";

    private static bool IsServer(Uri uri, out int database)
    {
        string path = uri.AbsolutePath.Trim('/');
        database = 0;
        return uri is { Scheme: Scheme or TlsScheme, Host.Length: > 0, Query: "", Fragment: "" }
            && (path.Length == 0 || int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out database));
    }
}
