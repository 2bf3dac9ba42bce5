using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>One seed gives one leech a torrent over loopback, each in a process of its own.</summary>
internal static class TransferBenchmark
{
    /// <summary>Measures so many times, after a transfer that only warms up both ends.</summary>
    public static async Task RunAsync(
        string parent,
        int mebibytes,
        int pieceKibibytes,
        int rounds,
        bool profile,
        bool encrypted,
        CancellationToken cancellation)
    {
        using var workspace = new Workspace(parent);
        string torrent = await MakeTorrentAsync(workspace, mebibytes, pieceKibibytes, cancellation);
        using var seed = new ChildProcess(SeedProcess.Command, torrent, workspace.Folder("seed"));
        string port = await seed.HearAsync(cancellation);
        string[] options = [.. profile ? ["--profile"] : Array.Empty<string>(), .. encrypted ? ["--encrypted"] : Array.Empty<string>()];
        using var leech = new ChildProcess([LeechProcess.Command, torrent, workspace.Folder("leech"), port, .. options]);
        await MeasureAsync(seed, leech, cancellation);

        Console.WriteLine($"{mebibytes} MiB in pieces of {pieceKibibytes} KiB");
        Console.WriteLine($"{"",-8}{"wall s",10}{"MiB/s",10}{"CPU s/GiB",12}{"bytes/block",14}{"GCs",6}");
        for (int i = 0; i < rounds; i++)
        {
            (Measurement given, Measurement taken) = await MeasureAsync(seed, leech, cancellation);
            Print("leech", taken, mebibytes);
            Print("seed", given, mebibytes);
        }

        leech.HangUp();
        Console.Write(await leech.HearRestAsync(cancellation));
    }

    private static async Task<(Measurement Given, Measurement Taken)> MeasureAsync(
        ChildProcess seed, ChildProcess leech, CancellationToken cancellation)
    {
        seed.Tell("begin");
        leech.Tell("begin");
        var taken = Measurement.Parse(await leech.HearAsync(cancellation));
        seed.Tell("end");
        return (Measurement.Parse(await seed.HearAsync(cancellation)), taken);
    }

    private static async Task<string> MakeTorrentAsync(
        Workspace workspace, int mebibytes, int pieceKibibytes, CancellationToken cancellation)
    {
        string content = workspace.MakeContent("seed", mebibytes);
        byte[] torrent = await TorrentCreator.CreateAsync(
            content,
            new TorrentCreationOptions { PieceLength = pieceKibibytes * 1024, HasCreationDate = false },
            cancellation: cancellation);
        string path = Path.Combine(workspace.Root, "content.torrent");
        await File.WriteAllBytesAsync(path, torrent, cancellation);
        return path;
    }

    private static void Print(string end, Measurement used, int mebibytes)
    {
        double blocks = mebibytes * (double)(1 << 20) / TorrentGeometry.BlockLength;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{end,-8}{used.WallSeconds,10:f3}{mebibytes / used.WallSeconds,10:f0}"
            + $"{used.CpuSeconds / mebibytes * 1024,12:f3}{used.AllocatedBytes / blocks,14:f1}{used.Collections,6}"));
    }
}
