using System.Net.Sockets;

namespace TorrentPS.Engine.Dht;

/// <summary>Loads the routing tables of both address families when the DHT starts, and saves them regularly.</summary>
internal sealed class RoutingTableSaver(RoutingTableFile file, DhtEndpoint[] endpoints, DhtLoop loop, TimeProvider time)
{
    /// <summary>Time between two saves. If the process is killed, the changes since the last save are lost.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Loads the saved routing tables and passes them to the endpoints. Does nothing if the file does not exist or is
    /// malformed.
    /// </summary>
    public void Restore()
    {
        IReadOnlyDictionary<AddressFamily, ReadOnlyMemory<byte>> tables = file.Load();
        foreach (DhtEndpoint endpoint in endpoints.Where(endpoint => tables.ContainsKey(endpoint.Family)))
            loop.Post(() => endpoint.Restore(tables[endpoint.Family]));
    }

    public async Task SaveRegularlyAsync(CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            await Task.Delay(s_period, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!closing.IsCancellationRequested)
                await SaveAsync();
        }
    }

    /// <summary>Saves the current routing tables to the file. Write errors are ignored.</summary>
    public async Task SaveAsync()
    {
        (AddressFamily, byte[])[] tables = await loop.RunAsync(
            () => endpoints.Select(endpoint => (endpoint.Family, endpoint.Node.SaveTable())).ToArray());
        file.Save(tables);
    }
}
