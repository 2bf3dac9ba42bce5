using System.Globalization;

namespace TorrentPS.Engine.Discovery;

/// <summary>The address of a Redis server: <c>redis://[user:password@]host[:port][/db]</c>.</summary>
/// <param name="Host">The host name or IP address.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="Database">The number of the Redis database.</param>
/// <param name="User">The user name; null for the default user.</param>
/// <param name="Password">The password; null for none.</param>
internal sealed record PeerCacheUri(string Host, int Port, int Database, string? User, string? Password)
{
    private const int DefaultPort = 6379;

    /// <summary>Parses a URI of a Redis server.</summary>
    /// <exception cref="FormatException">
    /// The URI does not have the form <c>redis://[user:password@]host[:port][/db]</c>.
    /// </exception>
    public static PeerCacheUri Parse(Uri uri)
    {
        int database = 0;
        string path = uri.AbsolutePath.Trim('/');
        bool isValid = uri is { IsAbsoluteUri: true, Scheme: "redis", Host.Length: > 0 }
            && (path.Length == 0 || int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out database));
        if (!isValid)
            throw new FormatException("A peer cache must have the form redis://[user:password@]host[:port][/db].");
        string[] user = uri.UserInfo.Split(':', 2);
        return new PeerCacheUri(
            uri.DnsSafeHost,
            uri.Port > 0 ? uri.Port : DefaultPort,
            database,
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null);
    }

    /// <summary>Returns the address without user name and password, for display.</summary>
    public override string ToString() => $"redis://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}/{Database}";
}
