// Downloads a magnet link: dotnet run --project examples/Download -- 'magnet:?xt=urn:btih:…' [FOLDER]
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

await using var session = new TorrentSession();
var settings = new TorrentSettings { Destination = args.ElementAtOrDefault(1) ?? "." };
Torrent torrent = session.Add(MagnetLink.Parse(args[0]), settings);
using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
while (!torrent.Completion.IsCompleted && await timer.WaitForNextTickAsync())
{
    TorrentStatus now = torrent.Status;
    Console.WriteLine($"{now.State} {now.Progress:F1} %, {now.Peers} peers, {now.DownloadRate / 1024:F0} KiB/s");
}

TorrentResult result = await torrent.Completion;
Console.WriteLine(result.Status.Fault?.Message ?? $"Downloaded '{result.Status.Name}'");
return result.GoalReached ? 0 : 1;
