using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The bootstrap nodes as names with ports: the list from the session's settings, and names that torrents added.
/// Resolves the names to addresses. Thread-safe.
/// </summary>
internal sealed class BootstrapNodes(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time)
{
    /// <summary>
    /// Maximum number of bootstrap names in the session's list. A bootstrap name from a torrent is refused if the list
    /// and the names from torrents together already have this number. Bounds the DNS queries to resolve all names.
    /// </summary>
    public const int MaxNames = 64;

    /// <summary>
    /// Maximum number of addresses used per name and address family. Bounds the pings that one name causes.
    /// </summary>
    private const int MaxAddresses = 8;

    /// <summary>Maximum time to resolve a name.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<(string Host, int Port)> _names = [];
    private List<(string Host, int Port)> _list = [];

    /// <summary>
    /// Replaces the session's list; names that torrents added remain. Malformed names, duplicates, and names beyond
    /// <see cref="MaxNames"/> are skipped.
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
            _list = names;
    }

    /// <summary>Adds the name of a bootstrap node from a torrent.</summary>
    /// <returns>False if the text is malformed, the name is already known, or <see cref="MaxNames"/> names are
    /// known.</returns>
    public bool TryAdd(string hostAndPort)
    {
        if (!TryParse(hostAndPort, out string host, out int port))
            return false;
        lock (_gate)
        {
            if (_list.Count + _names.Count >= MaxNames || _list.Contains((host, port)) || _names.Contains((host, port)))
                return false;
            _names.Add((host, port));
            return true;
        }
    }

    /// <summary>Resolves all names to addresses. Names that cannot be resolved now are skipped.</summary>
    /// <param name="found">Called with each address when its name has been resolved, on any thread.</param>
    /// <param name="cancellation">Cancels the resolution.</param>
    public Task ResolveAsync(Action<IPEndPoint> found, CancellationToken cancellation)
    {
        (string Host, int Port)[] names;
        lock (_gate)
            names = [.. _list, .. _names];
        return Task.WhenAll(names.Select(name => ResolveAsync(name.Host, name.Port, found, cancellation)));
    }

    /// <summary>
    /// Parses <c>host:port</c>, with an IPv6 address in brackets. Returns false if the text is malformed.
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
        using var timeout = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal)
                ? [literal]
                : await resolve(host, either.Token).WaitAsync(either.Token);
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
