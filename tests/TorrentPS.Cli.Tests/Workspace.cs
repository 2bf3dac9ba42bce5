namespace TorrentPS.Cli.Tests;

/// <summary>
/// A temporary folder with content and a torrent of it, created with the console. It is deleted after the test.
/// </summary>
internal sealed class Workspace : IDisposable
{
    private const int PieceLength = 16 << 10;

    private Workspace() => Folder = Directory.CreateTempSubdirectory("torrentps-test-").FullName;

    public string Folder { get; }

    /// <summary>Folder that contains the content.</summary>
    public string Data => Path.Combine(Folder, "data");

    public string Content => Path.Combine(Data, "content");

    public string Torrent => Path.Combine(Folder, "test.torrent");

    public static async Task<Workspace> CreateAsync(params string[] options)
    {
        var space = new Workspace();
        var random = new Random(1);
        foreach ((string path, int length) in new[] { ("a.bin", (5 * PieceLength) + 1), ("empty", 0),
            ("sub/ünï.bin", 100_000), ("z.txt", 10) })
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            string file = Path.Combine(space.Content, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, bytes);
        }

        Outcome created = await Tool.RunAsync(["create", space.Content, "--output", space.Torrent, "--piece-length",
            $"{PieceLength}", "--json", .. options]);
        Assert.True(created.Code == 0, string.Join('\n', created.Error));
        return space;
    }

    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    public static void AssertSameFiles(string expected, string actual)
    {
        string[] names = Names(expected);
        Assert.Equal(names, Names(actual));
        foreach (string name in names)
            Assert.True(File.ReadAllBytes(Path.Combine(expected,
                name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, name))), $"{name} differs");
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file =>
            Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
}
