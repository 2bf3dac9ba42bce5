using System.Security.Cryptography;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>Random content of a torrent in memory, with its layout and hashes.</summary>
internal sealed class TestContent
{
    public TestContent(int pieceLength, params ContentFile[] files)
        : this(
            pieceLength, TorrentGeometry.Continuous(files.Max(file => file.Offset + file.Length), pieceLength), files)
    {
    }

    public TestContent(int pieceLength, TorrentGeometry geometry, ContentFile[] files)
    {
        Bytes = new byte[geometry.TotalLength];
        new Random(pieceLength + files.Length).NextBytes(Bytes);
        foreach (ContentFile pad in files.Where(file => file.IsPadding))
            Bytes.AsSpan((int)pad.Offset, (int)pad.Length).Clear();
        Layout = new ContentLayout(geometry, files);
    }

    public byte[] Bytes { get; }

    public ContentLayout Layout { get; }

    public TorrentGeometry Geometry => Layout.Geometry;

    /// <summary>Creates content of consecutive files with these lengths.</summary>
    public static TestContent Of(int pieceLength, params long[] lengths)
    {
        long offset = 0;
        var files = new List<ContentFile>();
        foreach (long length in lengths)
        {
            files.Add(new ContentFile($"content/{files.Count % 3}/{files.Count}.bin", offset, length));
            offset += length;
        }

        return new TestContent(pieceLength, [.. files]);
    }

    public Sha1PieceVerifier Verifier()
    {
        var hashes = new byte[Geometry.PieceCount * 20];
        for (int i = 0; i < Geometry.PieceCount; i++)
            SHA1.HashData(Piece(i), hashes.AsSpan(i * 20));
        return new Sha1PieceVerifier(piece => hashes.AsSpan(piece.Value * 20, 20));
    }

    public ReadOnlySpan<byte> Piece(int piece) =>
        Bytes.AsSpan((int)Geometry.OffsetOf(new PieceIndex(piece)), Geometry.LengthOf(new PieceIndex(piece)));

    public ReadOnlySpan<byte> Block(BlockAddress address) =>
        Bytes.AsSpan((int)Geometry.OffsetOf(address.Piece) + address.Begin, address.Length);

    public IEnumerable<BlockAddress> Blocks(int piece) =>
        Enumerable.Range(0, Geometry.BlockCountOf(new PieceIndex(piece))).Select(
            i => Geometry.Block(new PieceIndex(piece), i));

    public IEnumerable<BlockAddress> Blocks() => Enumerable.Range(0, Geometry.PieceCount).SelectMany(Blocks);

    /// <summary>Writes the files to a folder.</summary>
    public void WriteTo(string folder)
    {
        foreach (ContentFile file in Layout.Files.Where(file => file.IsOnDisk))
        {
            string path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Bytes.AsSpan((int)file.Offset, (int)file.Length));
        }
    }

    /// <summary>Fails unless the folder has all non-empty files, byte for byte, and no other non-empty file.</summary>
    public void AssertOnDisk(string folder)
    {
        ContentFile[] expected = [.. Layout.Files.Where(file => file.IsOnDisk && file.Length > 0)];
        foreach (ContentFile file in expected)
        {
            byte[] actual = File.ReadAllBytes(Path.Combine(folder, file.Path));
            Assert.True(
                actual.AsSpan().SequenceEqual(Bytes.AsSpan((int)file.Offset, (int)file.Length)),
                $"{file.Path} differs");
        }

        string[] found = [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => new FileInfo(path).Length > 0)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];
        Assert.Equal(expected.Select(file => file.Path).Order(StringComparer.Ordinal), found);
    }
}
