using System.IO.Compression;
using System.Net;
using System.Text;
using TorrentPS.Engine.Tests.Session;

namespace TorrentPS.Engine.Tests;

public sealed class IPFilterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("torrentps-filter-").FullName;

    private string ListPath => Path.Combine(_folder, "list.dat");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_list_of_all_formats_is_read_plain_and_compressed(bool isCompressed)
    {
        byte[] text = Encoding.UTF8.GetBytes(
            "# comment\n198.51.100.0/24\r\n\n203.000.113.007 - 203.000.113.009 , 000 , Ünïcode\nnonsense\n"
            + "Company:192.0.2.1-192.0.2.1\n2001:db8::/32");
        using (Stream file = File.Create(ListPath))
        using (Stream target = isCompressed ? new GZipStream(file, CompressionLevel.Fastest) : file)
            target.Write(text);

        IPFilter filter = IPFilter.Load(ListPath);

        Assert.Equal((4, 1, ListPath), (filter.RangeCount, filter.InvalidLines, filter.Path));
        string[] inside = ["198.51.100.255", "203.0.113.8", "192.0.2.1", "2001:db8::7", "::ffff:192.0.2.1"];
        Assert.All(inside, address => Assert.True(filter.Contains(IPAddress.Parse(address)), address));
        string[] outside = ["198.51.101.0", "203.0.113.10", "192.0.2.2", "2001:db9::"];
        Assert.All(outside, address => Assert.False(filter.Contains(IPAddress.Parse(address)), address));
    }

    [Fact]
    public void Every_line_of_a_long_list_is_read_whatever_its_length()
    {
        // The lengths let line ends fall on each position around the ends of the reads.
        var random = new Random(5);
        IEnumerable<string> lines = Enumerable.Range(0, 20_000).Select(
            i => $"{new string('x', random.Next(40))}:10.{i >> 8}.{i & 255}.2-10.{i >> 8}.{i & 255}.3");
        File.WriteAllLines(ListPath, lines);

        IPFilter filter = IPFilter.Load(ListPath);

        Assert.Equal((20_000, 0), (filter.RangeCount, filter.InvalidLines));
    }

    [Fact]
    public void A_line_of_any_length_is_skipped_as_one_invalid_line()
    {
        string tooLong = new string('x', 1 << 20) + ":198.51.100.1-198.51.100.2";
        File.WriteAllLines(ListPath, ["192.0.2.1", tooLong, "192.0.2.3", tooLong]);

        IPFilter filter = IPFilter.Load(ListPath);

        Assert.Equal((2, 2), (filter.RangeCount, filter.InvalidLines));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("<html>Not Found</html>")]
    public void A_file_without_an_address_range_is_refused(string text)
    {
        File.WriteAllText(ListPath, text);
        AssertRefused();
    }

    [Fact]
    public void A_missing_file_and_a_damaged_archive_are_refused()
    {
        AssertRefused();
        File.WriteAllBytes(ListPath, [0x1F, 0x8B, 8, 0, 1, 2, 3]);
        AssertRefused();
    }

    [Fact]
    public async Task No_session_opens_with_a_saved_filter_that_cannot_be_read()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 30_000));
        await using var session = new TorrentSession(
            content.LocalSession with { IPFilter = IPFilter.LoadSaved(ListPath) });

        SessionException error = Assert.Throws<SessionException>(() => session.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed }));

        Assert.Equal(SessionErrorId.BadIPFilter, error.Id);
    }

    [Fact]
    public async Task A_session_reads_the_file_again_after_each_change_and_keeps_the_filter_while_it_cannot()
    {
        Write("192.0.2.1", day: 1);
        using var content = new TestTorrent(16 * 1024, [], ("a", 30_000));
        await using var session = new TorrentSession(
            content.LocalSession with { IPFilter = IPFilter.Load(ListPath) });
        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        Write("192.0.2.2", day: 2);
        await session.RefreshIPFilterAsync();
        Assert.True(session.Settings.IPFilter.Contains(IPAddress.Parse("192.0.2.2")));
        Assert.False(session.Settings.IPFilter.Contains(IPAddress.Parse("192.0.2.1")));

        Write("incomplete", day: 3);
        await session.RefreshIPFilterAsync();
        await session.RefreshIPFilterAsync();
        Assert.True(session.Settings.IPFilter.Contains(IPAddress.Parse("192.0.2.2")));
        Assert.Single(session.Events.GetEvents(), entry => entry.Message.Contains("contains no address range"));

        Write("192.0.2.3", day: 4);
        await session.RefreshIPFilterAsync();
        Assert.True(session.Settings.IPFilter.Contains(IPAddress.Parse("192.0.2.3")));
    }

    private void Write(string text, int day)
    {
        File.WriteAllText(ListPath, text);
        File.SetLastWriteTimeUtc(ListPath, new DateTime(2020, 1, day, 0, 0, 0, DateTimeKind.Utc));
    }

    private void AssertRefused()
    {
        SessionException error = Assert.Throws<SessionException>(() => IPFilter.Load(ListPath));
        Assert.Equal(SessionErrorId.BadIPFilter, error.Id);
        Assert.Contains(ListPath, error.Message, StringComparison.Ordinal);
    }
}
