using System.Globalization;

namespace TorrentPS.Engine;

/// <summary>Where a session remembers peers, as people write it: <c>none</c>, <c>file</c> (the state folder) or
/// <c>redis://host:port/db</c>.</summary>
/// <param name="IsEnabled">Whether anything is remembered.</param>
/// <param name="Server">The Redis server; null for the state folder.</param>
public sealed record PeerCacheChoice(bool IsEnabled, Uri? Server)
{
    private const string NoneWord = "none";
    private const string FileWord = "file";

    /// <summary>Reads a choice.</summary>
    /// <exception cref="FormatException">The text is none; the message says what is.</exception>
    public static PeerCacheChoice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Equals(NoneWord, StringComparison.OrdinalIgnoreCase))
            return new PeerCacheChoice(false, null);
        if (text.Equals(FileWord, StringComparison.OrdinalIgnoreCase))
            return new PeerCacheChoice(true, null);
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? server) && IsServer(server)
            ? new PeerCacheChoice(true, server)
            : throw new FormatException($"'{text}' is no peer cache: write none, file, or redis://host:port/db.");
    }

    /// <summary>The choice that settings hold.</summary>
    public static PeerCacheChoice Of(SessionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new PeerCacheChoice(settings.EnablePeerCache, settings.PeerCache);
    }

    /// <summary>Whether an address is <c>redis://[user:password@]host[:port][/db]</c>, the database being a number.</summary>
    internal static bool IsServer(Uri address) =>
        address is { IsAbsoluteUri: true, Scheme: "redis", Host.Length: > 0 }
        && address.AbsolutePath.Trim('/') is var database
        && (database.Length == 0 || int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>The settings with this choice.</summary>
    public SessionSettings ApplyTo(SessionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings with { EnablePeerCache = IsEnabled, PeerCache = Server };
    }

    /// <summary>As <see cref="Parse"/> reads it; a password in the address is not shown.</summary>
    public override string ToString() => (IsEnabled, Server) switch
    {
        (false, _) => NoneWord,
        (_, null) => FileWord,
        _ => Server.UserInfo.Length == 0 ? Server.OriginalString : new UriBuilder(Server) { UserName = "", Password = "" }.Uri.ToString(),
    };
}
