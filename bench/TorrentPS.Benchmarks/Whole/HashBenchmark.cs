using System.Globalization;
using System.Security.Cryptography;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>Checking and creating a torrent, beside one thread that hashes as many bytes in memory and does nothing else.</summary>
internal static class HashBenchmark
{
    /// <summary>What plain hashing goes round in, in bytes: it does not pay for memory, as a fresh read from a page cache does.</summary>
    private const int PlainLength = 256 * 1024;

    /// <summary>Measures each in turn, so many times; the cheapest run counts, for whatever else the machine does only ever adds.</summary>
    public static async Task RunAsync(string parent, int mebibytes, int pieceKibibytes, int rounds, CancellationToken cancellation)
    {
        using var workspace = new Workspace(parent);
        string content = workspace.MakeContent("seed", mebibytes);
        var options = new TorrentCreationOptions { PieceLength = pieceKibibytes * 1024, HasCreationDate = false };
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(content, options, cancellation: cancellation));

        Measurement plain = default, check = default, create = default;
        for (int i = 0; i < rounds; i++)
        {
            plain = Cheaper(plain, await MeasureAsync(() => Task.Run(() => HashPlainly(mebibytes), cancellation)));
            check = Cheaper(check, await MeasureAsync(() => CheckAsync(metainfo, workspace.Folder("seed"), cancellation)));
            create = Cheaper(create, await MeasureAsync(() => TorrentCreator.CreateAsync(content, options, cancellation: cancellation)));
        }

        Console.WriteLine($"{mebibytes} MiB in pieces of {pieceKibibytes} KiB on {Environment.ProcessorCount} cores");
        Console.WriteLine($"{"",-14}{"wall s",10}{"MiB/s",10}{"MiB/CPU s",12}{"of plain",10}");
        Print("plain SHA-1", plain, plain, mebibytes);
        Print("ContentCheck", check, plain, mebibytes);
        Print("TorrentCreator", create, plain, mebibytes);
    }

    private static async Task<Measurement> MeasureAsync(Func<Task> work)
    {
        var before = Measurement.Now();
        await work();
        return Measurement.Now() - before;
    }

    private static async Task CheckAsync(TorrentMetainfo metainfo, string folder, CancellationToken cancellation)
    {
        ContentCheckResult result = await ContentCheck.RunAsync(metainfo, folder, cancellation: cancellation);
        if (!result.IsComplete)
            throw new InvalidOperationException("The content is not what its torrent says.");
    }

    private static void HashPlainly(int mebibytes)
    {
        byte[] data = new byte[PlainLength];
        new Random(1).NextBytes(data);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        for (long at = 0; at < (long)mebibytes << 20; at += TorrentGeometry.BlockLength)
            SHA1.HashData(data.AsSpan((int)(at % PlainLength), TorrentGeometry.BlockLength), hash);
    }

    private static Measurement Cheaper(Measurement best, Measurement next) =>
        best.CpuSeconds == 0 || next.CpuSeconds < best.CpuSeconds ? next : best;

    private static void Print(string what, Measurement used, Measurement plain, int mebibytes) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-14}{used.WallSeconds,10:f3}{mebibytes / used.WallSeconds,10:f0}"
            + $"{mebibytes / used.CpuSeconds,12:f0}{plain.CpuSeconds / used.CpuSeconds,10:p0}"));
}
