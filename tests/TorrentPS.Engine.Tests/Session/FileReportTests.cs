using TorrentPS.Engine.Session;

namespace TorrentPS.Engine.Tests.Session;

public sealed class FileReportTests
{
    [Fact]
    public void Files_that_share_a_piece_count_only_their_own_bytes_of_it()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000), ("b", 0), ("c", 30_000));
        PieceStatus[] pieces =
        [
            .. Enumerable.Range(0, content.Metainfo.PieceCount).Select(index => new PieceStatus(
                index,
                16 * 1024,
                index == 1 ? PieceState.Verified : PieceState.Missing,
                DownloadPriority.Normal,
                0,
                1,
                0,
                0)),
        ];
        var settings = new TorrentSettings
        {
            Destination = "/nowhere",
            FilePriorities = new Dictionary<int, DownloadPriority> { [2] = DownloadPriority.High },
        };

        IReadOnlyList<FileStatus> files = FileReport.Of(content.Metainfo, settings, pieces);

        // Piece 1 has the last 3,616 bytes of the first file and the first 12,768 bytes of the last.
        Assert.Equal(
            [
                new FileStatus(0, "content/a", 20_000, 3_616, DownloadPriority.Normal, 0, 1),
                new FileStatus(1, "content/b", 0, 0, DownloadPriority.Normal, null, null),
                new FileStatus(2, "content/c", 30_000, 12_768, DownloadPriority.High, 1, 3),
            ],
            files);
        Assert.Equal([18.08, 100, 42.56], files.Select(file => file.Progress));
    }
}
