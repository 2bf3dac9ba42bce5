using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The names of the bootstrap nodes, each with a port: those of the session's settings and those that torrents added.
/// Resolves the names to addresses. Thread-safe.
/// </summary>
internal sealed class BootstrapNodes(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time)
{
    /// <summary>
    /// Maximum number of names from the session's settings. A torrent can add a name only while fewer than this number
    /// of names are known in total. This limits the number of DNS queries.
    /// </summary>
    public const int MaxNames = 64;

    /// <summary>
    /// Maximum number of addresses of one family that are used per name. This limits the pings that one name can cause.
    /// </summary>
    private const int MaxAddresses = 8;

    private static readonly TimeSpan s_resolveTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<(string Host, int Port)> _torrentNames = [];
    private List<(string Host, int Port)> _sessionNames = [];

    /// <summary>
    /// Replaces the names of the session's settings. Names that torrents added remain. Malformed names, duplicates and
    /// names beyond <see cref="MaxNames"/> are ignored.
    /// </summary>
    public void Replace(IReadOnlyList<string> list)
    {
        var names = new List<(string Host, int Port)>();
        foreach (string name in list)
        {
            if (names.Count < MaxNames && TryParse(name, out string host, out int port)
                && !names.Contains((host, port)))
                names.Add((host, port));
        }

        lock (_gate)
            _sessionNames = names;
    }

    /// <summary>Adds a bootstrap node that a torrent names as <c>host:port</c>.</summary>
    /// <returns>
    /// False if the text is malformed, if the name is already known, or if <see cref="MaxNames"/> names are known.
    /// </returns>
    public bool TryAdd(string hostAndPort)
    {
        if (!TryParse(hostAndPort, out string host, out int port))
            return false;
        lock (_gate)
        {
            if (_sessionNames.Count + _torrentNames.Count >= MaxNames
                || _sessionNames.Contains((host, port)) || _torrentNames.Contains((host, port)))
                return false;
            _torrentNames.Add((host, port));
            return true;
        }
    }

    /// <summary>
    /// Resolves all names and calls <paramref name="found"/> with each address, on any thread. A name that cannot be
    /// resolved is skipped.
    /// </summary>
    public Task ResolveAsync(Action<IPEndPoint> found, CancellationToken cancellation)
    {
        (string Host, int Port)[] names;
        lock (_gate)
            names = [.. _sessionNames, .. _torrentNames];
        return Task.WhenAll(names.Select(name => ResolveAsync(name.Host, name.Port, found, cancellation)));
    }

    /// <summary>
    /// Parses <c>host:port</c>. The host may be an IPv6 address in brackets. Returns false if the text is malformed.
    /// </summary>
    public static bool TryParse(string text, out string host, out int port)
    {
        (host, port) = ("", 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0)
            return false;
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port is 0 or > IPEndPoint.MaxPort)
            return false;
        host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        return Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    private async Task ResolveAsync(string host, int port, Action<IPEndPoint> found, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(s_resolveTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal)
                ? [literal]
                : await resolve(host, linked.Token).WaitAsync(linked.Token);
            IEnumerable<IPAddress> used =
                addresses.GroupBy(address => address.AddressFamily).SelectMany(family => family.Take(MaxAddresses));
            foreach (IPAddress address in used)
                found(new IPEndPoint(address, port));
        }
        catch (Exception error) when (error is SocketException or ArgumentException or OperationCanceledException)
        {
            // The name does not resolve now. The service tries again while no node is known.
        }
    }
}
