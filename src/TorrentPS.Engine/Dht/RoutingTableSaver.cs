using System.Net.Sockets;

namespace TorrentPS.Engine.Dht;

/// <summary>Keeps what the nodes know of others in a file, so that the next start needs no help.</summary>
internal sealed class RoutingTableSaver(RoutingTableFile file, DhtEndpoint[] ends, DhtLoop loop, TimeProvider time)
{
    /// <summary>What is lost when the process is killed; a table changes little in that time.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    /// <summary>Gives the nodes what is in the file.</summary>
    public void Restore()
    {
        IReadOnlyDictionary<AddressFamily, ReadOnlyMemory<byte>> tables = file.Load();
        foreach (DhtEndpoint end in ends.Where(end => tables.ContainsKey(end.Family)))
            loop.Do(() => end.Restore(tables[end.Family]));
    }

    /// <summary>Saves from time to time until cancelled.</summary>
    public async Task SaveRegularlyAsync(CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            await Task.Delay(s_period, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!closing.IsCancellationRequested)
                await SaveAsync();
        }
    }

    /// <summary>Writes down what the nodes know now.</summary>
    public async Task SaveAsync() =>
        file.Save(await loop.DoAsync(() => ends.Select(end => (end.Family, end.Node.SaveTable())).ToArray()));
}
