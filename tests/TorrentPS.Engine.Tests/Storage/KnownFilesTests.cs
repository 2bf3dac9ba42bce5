using TorrentPS.Engine.Storage.Files;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class KnownFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string ListPath => _folder["state/some.files"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Added_files_are_known_in_the_next_run()
    {
        var first = new KnownFiles(100, ListPath);
        first.Add(3, 99);
        first.Add(7);

        var second = new KnownFiles(100, ListPath);

        Assert.Equal([3, 7, 99], Enumerable.Range(0, 100).Where(second.Contains));
    }

    [Fact]
    public void A_list_of_another_length_is_read_as_far_as_it_goes()
    {
        new KnownFiles(100, ListPath).Add(1, 99);

        Assert.Equal([1], Enumerable.Range(0, 10).Where(new KnownFiles(10, ListPath).Contains));
        Assert.Equal([1, 99], Enumerable.Range(0, 200).Where(new KnownFiles(200, ListPath).Contains));
    }

    [Fact]
    public void A_list_that_cannot_be_stored_holds_for_this_run()
    {
        File.WriteAllText(_folder["state"], "in the way");
        var known = new KnownFiles(2, ListPath);

        known.Add(1);

        Assert.True(known.Contains(1));
        Assert.False(new KnownFiles(2, ListPath).Contains(1));
    }
}
