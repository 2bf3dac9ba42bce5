using System.Diagnostics;
using System.Net;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>
/// Runs one peer as a process: reports when it is ready, starts on the first input line, reports its outcome and exits.
/// A seed exits at the end of its input.
/// </summary>
internal static class PeerEnd
{
    public const string Command = "peer-end";

    private const int Port = 6881;

    public static async Task RunAsync(PeerOrder order)
    {
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(await File.ReadAllBytesAsync(order.Torrent));
        await using var session = new TorrentSession(new SessionSettings
        {
            Port = Port,
            BindAddress = ShapedNetwork.AddressOf(order.Number),
            StateFolder = order.Folder,
            RandomSeed = order.Seed,
            EnableDht = false,
            EnablePex = false,
            EnableLsd = false,
            EnablePortMapping = false,
            PeerCache = PeerCacheLocation.None,
        });
        var settings = new TorrentSettings
        {
            Destination = order.Folder,
            Role = order.IsSeed ? TorrentRole.Seed : TorrentRole.Download,
            StopWhen = order.IsSeed ? StopWhen.Never : StopWhen.Complete,
            SkipCheck = order.IsSeed,
            Choker = order.Choker,
            UploadSlots = order.Uploads ? null : 0,
            Peers = [.. Enumerable.Range(1, order.Peers)
                .Where(number => number != order.Number)
                .Select(number => new IPEndPoint(ShapedNetwork.AddressOf(number), Port))],
        };
        await Console.Out.WriteLineAsync("ready");
        if (await Console.In.ReadLineAsync() is null)
            return;
        long began = Stopwatch.GetTimestamp();
        Torrent torrent = session.Add(metainfo, settings);

        // The asynchronous console reader blocks too.
        Task hungUp = Task.Run(Console.In.ReadLine);
        if (await Task.WhenAny(torrent.Completion, hungUp) == hungUp)
            return;
        TorrentResult result = await torrent.Completion;
        if (!result.GoalReached)
            throw new InvalidOperationException($"The download ended {result.Status.State}: {result.Status.Fault}");
        await Console.Out.WriteLineAsync(
            new PeerOutcome(Stopwatch.GetElapsedTime(began).TotalSeconds, result.Status.Uploaded).ToString());
    }
}
