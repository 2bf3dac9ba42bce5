using System.Net;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>
/// The taking end: with each line it hears it downloads once and says what that used. Compiled code and pooled memory are there from
/// the second time on. Goes when it hears no more.
/// </summary>
internal static class LeechProcess
{
    public const string Command = "leech-end";

    public static async Task RunAsync(string torrent, string folder, int port, bool profile, bool encrypted)
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
            OutgoingEncryption = encrypted ? EncryptionPolicy.Require : EncryptionPolicy.Disable,
        });
        using AllocationProfile? allocations = profile ? new AllocationProfile() : null;
        while (await Console.In.ReadLineAsync() is not null)
        {
            string destination = Path.Combine(folder, "content");
            var before = Measurement.Now();
            await DownloadAsync(session, metainfo, destination, port);
            await Console.Out.WriteLineAsync((Measurement.Now() - before).ToString());
            Directory.Delete(destination, recursive: true);
        }

        if (allocations is not null)
            await Console.Out.WriteLineAsync(allocations.ToString());
    }

    private static async Task DownloadAsync(TorrentSession session, TorrentMetainfo metainfo, string destination, int port)
    {
        Torrent torrent = session.Add(
            metainfo, new TorrentSettings { Destination = destination, Peers = [new IPEndPoint(IPAddress.Loopback, port)] });
        TorrentResult result = await torrent.Completion;
        if (!result.GoalReached)
            throw new InvalidOperationException($"The download ended {result.Status.State}: {result.Status.Fault}");
        await session.RemoveAsync(torrent);
    }
}
