using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class RobustnessTests
{
    private static readonly byte[][] Torrents =
    [
        B.Encode(Samples.SingleFile()),
        B.Encode(Samples.MultiFile(Samples.File(10, "a"), Samples.File(0, "sub", "e"),
            new Dict { ["attr"] = "l", ["path"] = new object[] { "l" }, ["symlink path"] = new object[] { "a" } })),
        B.Encode(Samples.V2()),
        B.Encode(Samples.Hybrid()),
    ];

    [Fact]
    public void A_mutated_torrent_is_parsed_with_safe_paths_or_throws_a_MetainfoException() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            byte[] data = Mutation.Of(Torrents[seed % Torrents.Length], seed);
            try
            {
                TorrentMetainfo torrent = TorrentMetainfo.Parse(data);
                return torrent.Files.All(file => IsInside(file.Path)
                    && (file.SymlinkTarget is null || IsInside(file.SymlinkTarget)))
                    && torrent.Files.Where(f => !f.IsPadding).Select(f => f.Path.ToUpperInvariant()).Distinct().Count()
                        == torrent.Files.Count(f => !f.IsPadding)
                    && HashesAreThere(torrent);
            }
            catch (MetainfoException e)
            {
                return e.Offset >= 0 && e.Offset <= data.Length;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));

    [Fact]
    public void Any_bytes_give_a_safe_name() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf()), name =>
        {
            TorrentMetainfo torrent = Samples.WithNames([name], [name, name]);
            return torrent.Files.All(file => IsInside(file.Path));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=a%20b&tr=http%3A%2F%2Ft&x.pe=[::1]:5&so=1-2&xl=5")]
    public void A_mutated_magnet_link_is_parsed_or_rejected(string link) =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            string text =
                System.Text.Encoding.Latin1.GetString(Mutation.Of(System.Text.Encoding.Latin1.GetBytes(link), seed));
            return !MagnetLink.TryParse(text, out MagnetLink? read) || MagnetLink.Parse(read.ToString()) == read;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Two_million_pieces_are_parsed_without_copying_their_hashes()
    {
        const int count = 2_097_152;
        var info = new Dict
        {
            ["name"] = "big",
            ["piece length"] = 16384,
            ["length"] = (long)count * 16384,
            ["pieces"] = new byte[count * 20]
        };
        var limits = new MetainfoLimits { MaxSize = 64 * 1024 * 1024 };
        byte[] data = B.Encode(new Dict { ["info"] = info });
        long allocated = AllocatedBy(() => Assert.Equal(count, TorrentMetainfo.Parse(data, limits).PieceCount));
        Assert.InRange(allocated, 0, 100_000);
        info["length"] = ((long)count * 16384) + 1;
        Assert.Equal(MetainfoError.TooManyPieces, Samples.Refused(new Dict { ["info"] = info }, limits).Code);
    }

    [Fact]
    public void Parsing_time_is_linear_in_the_number_of_files()
    {
        byte[] few = Files(2_000);
        byte[] many = Files(20_000);
        TorrentMetainfo.Parse(few);
        long one = AllocatedBy(() => Assert.Equal(2_000, TorrentMetainfo.Parse(few).Files.Count));
        long ten = AllocatedBy(() => Assert.Equal(20_000, TorrentMetainfo.Parse(many).Files.Count));
        Assert.InRange(ten, one, one * 15);

        static byte[] Files(int count)
        {
            Dict torrent = Samples.MultiFile([.. Enumerable.Range(0, count).Select(i =>
                Samples.File(1, $"dir{i % 100}", $"sub{i % 1000}", $"file{i}.txt"))]);
            ((Dict)torrent["info"])["pieces"] = new byte[20 * ((count / 16384) + 1)];
            return B.Encode(torrent);
        }
    }

    [Fact]
    public void Parsing_time_is_linear_in_the_number_of_name_collisions()
    {
        byte[] few = Files(300);
        byte[] many = Files(3_000);
        TorrentMetainfo.Parse(few);
        long one = AllocatedBy(() => TorrentMetainfo.Parse(few));
        long ten = AllocatedBy(() =>
            Assert.Equal(
                3_000,
                TorrentMetainfo.Parse(many).Files.Select(f => f.Path).Distinct(StringComparer.OrdinalIgnoreCase).Count()));
        Assert.InRange(ten, one, one * 15);

        // Names of maximum length that become the same when they are cut to make room for a number.
        static byte[] Files(int count) => B.Encode(Samples.MultiFile(
            [.. Enumerable.Range(0, count).Select(i =>
                Samples.File(1, new string('y', 250) + (10_000 + (i % (count / 3)))))]));
    }

    private static long AllocatedBy(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static bool IsInside(string path) =>
        path.Split('/').All(part => part is not ("" or "." or "..")
            && !part.Any(c => char.IsControl(c) || "\\:*?\"<>|".Contains(c))
            && part.TrimEnd('.', ' ') == part && System.Text.Encoding.UTF8.GetByteCount(part) <= 255);

    private static bool HashesAreThere(TorrentMetainfo torrent)
    {
        for (int i = 0; i < torrent.PieceCount; i++)
        {
            if (torrent.Version == MetainfoVersion.V2
                ? !torrent.LacksPieceLayers && !torrent.TryGetPieceRoot(new PieceIndex(i), out _, out _)
                : torrent.PieceHash(new PieceIndex(i)).Length != 20)
                return false;
        }

        return true;
    }
}
