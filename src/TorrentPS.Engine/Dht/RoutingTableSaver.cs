using System.Net.Sockets;

namespace TorrentPS.Engine.Dht;

/// <summary>Restores the routing tables at the start and saves them periodically.</summary>
internal sealed class RoutingTableSaver(RoutingTableFile file, DhtEndpoint[] endpoints, DhtLoop loop, TimeProvider time)
{
    /// <summary>Time between saves. A killed process loses the changes since the last save, which are few.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    /// <summary>Restores the nodes' tables from the file.</summary>
    public void Restore()
    {
        IReadOnlyDictionary<AddressFamily, ReadOnlyMemory<byte>> tables = file.Load();
        foreach (DhtEndpoint endpoint in endpoints.Where(endpoint => tables.ContainsKey(endpoint.Family)))
            loop.Post(() => endpoint.Restore(tables[endpoint.Family]));
    }

    /// <summary>Saves the tables after each period until cancelled.</summary>
    public async Task SaveRegularlyAsync(CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            await Task.Delay(s_period, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!closing.IsCancellationRequested)
                await SaveAsync();
        }
    }

    /// <summary>Saves the tables now.</summary>
    public async Task SaveAsync()
    {
        (AddressFamily, byte[])[] tables = await loop.RunAsync(
            () => endpoints.Select(endpoint => (endpoint.Family, endpoint.Node.SaveTable())).ToArray());
        file.Save(tables);
    }
}
