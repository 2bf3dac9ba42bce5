using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Dht;

/// <summary>Names of nodes, and what addresses they have.</summary>
internal sealed class BootstrapNodes(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time)
{
    /// <summary>The most names kept: a session's list and what some torrents add. The oldest stay, as they are the user's.</summary>
    public const int MaxNames = 64;

    /// <summary>A name with more addresses than this of one family is none that is meant for us.</summary>
    private const int MaxAddresses = 8;

    /// <summary>How long a name may take.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<(string Host, int Port)> _names = [];
    private List<(string Host, int Port)> _list = [];

    /// <summary>Has a list take the place of the list before; what can't be read is passed over.</summary>
    public void Use(IReadOnlyList<string> list)
    {
        var names = new List<(string Host, int Port)>();
        foreach (string name in list)
        {
            if (TryParse(name, out string host, out int port) && names.Count < MaxNames && !names.Contains((host, port)))
                names.Add((host, port));
        }

        lock (_gate)
            _list = names;
    }

    /// <summary>Keeps a name beside the list.</summary>
    /// <returns>False when it can't be read, is kept already, or there is no room.</returns>
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

    /// <summary>Looks all names up.</summary>
    /// <param name="found">Takes addresses as they are found; called from any thread.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task FindAsync(Action<IPEndPoint> found, CancellationToken cancellation)
    {
        (string Host, int Port)[] names;
        lock (_gate)
            names = [.. _list, .. _names];
        return Task.WhenAll(names.Select(name => FindAsync(name.Host, name.Port, found, cancellation)));
    }

    /// <summary>Splits <c>host:port</c>; an IPv6 address stands in brackets.</summary>
    public static bool TryParse(string text, out string host, out int port)
    {
        (host, port) = ("", 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > IPEndPoint.MaxPort)
            return false;
        host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        return Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    private async Task FindAsync(string host, int port, Action<IPEndPoint> found, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(s_limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal)
                ? [literal]
                : await resolve(host, either.Token).WaitAsync(either.Token);
            foreach (IPAddress address in addresses.GroupBy(a => a.AddressFamily).SelectMany(family => family.Take(MaxAddresses)))
                found(new IPEndPoint(address, port));
        }
        catch (Exception error) when (error is SocketException or ArgumentException or OperationCanceledException)
        {
            // A name that leads nowhere now may do so later; it is asked again while no node is known.
        }
    }
}
