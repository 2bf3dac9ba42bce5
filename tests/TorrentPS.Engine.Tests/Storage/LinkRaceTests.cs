using TorrentPS.Engine.Storage.Files;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>A local user replaces a folder in the destination by a symbolic link while a torrent writes.</summary>
public sealed class LinkRaceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("content")]
    [InlineData("content/1")]
    public void In_1000_runs_nothing_is_written_outside_the_destination(string swapped)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Exchanging two paths needs Linux.");
        const int runs = 1_000;
        TestContent content = TestContent.Of(16 * 1024, [.. Enumerable.Repeat(100L, 12)]);
        string outside = Directory.CreateDirectory(_folder["outside"]).FullName;
        string destination = _folder["destination"];
        Directory.CreateDirectory(Path.Combine(destination, swapped));
        File.CreateSymbolicLink(_folder["link"], outside);
        int written = 0;
        int refused = 0;
        int escaped = 0;
        using (var swapper = new FolderSwapper(Path.Combine(destination, swapped), _folder["link"]))
        {
            for (int run = 0; run < runs; run++)
            {
                using var files = new DestinationFiles(content.Layout, destination);
                for (int file = 0; file < content.Layout.Files.Length; file++)
                {
                    try
                    {
                        files.Write(file, 0, [new byte[100]]);
                        written++;
                    }
                    catch (StorageException)
                    {
                        refused++;
                    }
                }

                escaped += Clear(outside);
            }

            Assert.True(swapper.Swaps > runs, $"Only {swapper.Swaps} swaps: the race was not run.");
        }

        Assert.True(written > 0 && refused > 0, $"{written} writes succeeded, {refused} were refused.");
        Assert.True(escaped == 0, $"{escaped} files were created outside in {runs} runs.");
    }

    /// <summary>Deletes the content of a folder. Returns the number of files in it.</summary>
    private static int Clear(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        foreach (string entry in Directory.GetFileSystemEntries(folder))
        {
            if (Directory.Exists(entry))
                Directory.Delete(entry, recursive: true);
            else
                File.Delete(entry);
        }

        return files.Length;
    }
}
