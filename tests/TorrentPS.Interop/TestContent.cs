using System.Text;

namespace TorrentPS.Interop;

/// <summary>The content of each shape, created once per test run from a fixed seed.</summary>
internal sealed class TestContent
{
    private static readonly Dictionary<Shape, Lazy<TestContent>> s_all = Enum.GetValues<Shape>().ToDictionary(
        shape => shape, shape => new Lazy<TestContent>(() => new TestContent(shape)));

    private TestContent(Shape shape)
    {
        Folder = Directory.CreateTempSubdirectory("torrentps-content-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);
        var random = new Random(20_000 + (int)shape);
        Name = shape.ToString();
        switch (shape)
        {
            case Shape.SingleFile:
                Name = "single file.bin";
                PieceLength = 256 << 10;
                Write(random, Name, (12 << 20) + 12_345);
                break;
            case Shape.SmallPieces:
                PieceLength = 16 << 10;
                Write(random, "SmallPieces/data.bin", (4 << 20) + 1);
                break;
            case Shape.LargePieces:
                PieceLength = 16 << 20;
                Write(random, "LargePieces/data.bin", (40 << 20) - 777);
                break;
            default:
                PieceLength = 64 << 10;
                Write(random, "ManyFiles/empty at the start", 0);
                Write(random, "ManyFiles/one byte", 1);
                Write(random, "ManyFiles/exactly one piece", PieceLength);
                Write(random, "ManyFiles/one less", PieceLength - 1);
                Write(random, "ManyFiles/one more", PieceLength + 1);
                Write(random, "ManyFiles/nested/deeper/and deeper/big.bin", (3 << 20) + 17);
                Write(random, "ManyFiles/nested/deeper/empty", 0);
                Write(random, "ManyFiles/Ünïcödé/日本語の名前.txt", 100_001);
                Write(random, "ManyFiles/Ünïcödé/emoji 🎉.bin", 16_383);
                for (int i = 0; i < 40; i++)
                    Write(random, $"ManyFiles/small/{i:00}.dat", random.Next(1, 30_000));
                Write(random, "ManyFiles/zz empty at the end", 0);
                break;
        }
    }

    /// <summary>The folder that contains the top-level file or folder.</summary>
    public string Folder { get; }

    /// <summary>Name of the top-level file or folder.</summary>
    public string Name { get; }

    public int PieceLength { get; }

    public string Root => Path.Combine(Folder, Name);

    public static TestContent Of(Shape shape) => s_all[shape].Value;

    /// <summary>
    /// Compares a folder with the content and describes the differences; returns null if there are none. Empty files
    /// may be missing if <paramref name="client"/>, which wrote the folder, does not create them.
    /// </summary>
    public string? DifferenceTo(string folder, RealClient? client = null)
    {
        string[] expected = FilesOf(Folder);
        string[] found = FilesOf(folder);
        var differences = new StringBuilder();
        bool needsEmpty = client != RealClient.Transmission;
        foreach (
            string missing in expected.Except(found).Where(
                file => needsEmpty || new FileInfo(Path.Combine(Folder, file)).Length > 0))
            differences.Append("missing: ").AppendLine(missing);
        foreach (string extra in found.Except(expected))
            differences.Append("unexpected: ").AppendLine(extra);
        foreach (string file in expected.Intersect(found))
        {
            byte[] right = File.ReadAllBytes(Path.Combine(Folder, file));
            byte[] there = File.ReadAllBytes(Path.Combine(folder, file));
            int same = right.AsSpan().CommonPrefixLength(there);
            if (same < right.Length || same < there.Length)
                differences.AppendLine(
                    $"{file}: {there.Length} bytes instead of {right.Length}, differs from byte {same} on");
        }

        return differences.Length == 0 ? null : differences.ToString();
    }

    private static string[] FilesOf(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file))
            .Order(StringComparer.Ordinal),
    ];

    private void Write(Random random, string path, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        string full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
    }
}
