using System.Net;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>
/// The giving end: says its port; with every second line it hears it says what it used since the one before; goes when it hears no more.
/// </summary>
internal static class SeedProcess
{
    public const string Command = "seed-end";

    public static async Task RunAsync(string torrent, string folder)
    {
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(await File.ReadAllBytesAsync(torrent));
        await using var session = new TorrentSession(new SessionSettings
        {
            Port = 0,
            BindAddress = IPAddress.Loopback,
            StateFolder = Path.GetDirectoryName(torrent),
            EnableDht = false,
            EnableLsd = false,
            EnablePortMapping = false,
            PeerCache = PeerCacheLocation.None,
        });
        session.Add(metainfo, new TorrentSettings
        {
            Destination = folder,
            Role = TorrentRole.Seed,
            StopWhen = StopWhen.Never,
            SkipCheck = true,
        });
        await Console.Out.WriteLineAsync($"{session.ListenPort}");
        while (await Console.In.ReadLineAsync() is not null)
        {
            var before = Measurement.Now();
            await Console.In.ReadLineAsync();
            await Console.Out.WriteLineAsync((Measurement.Now() - before).ToString());
        }
    }
}
