using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Storage.Hashing;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class MultiBufferSha1Tests
{
    private const string NotSupported = "This processor does not support AVX-512.";

    [SkippableFact]
    public void Sixteen_messages_appended_in_parts_have_the_hashes_of_single_messages()
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, NotSupported);
        var hash = new MultiBufferSha1();
        Prop.ForAll(
            Gen.Choose(0, 40).ListOf().ToArbitrary(),
            Gen.Choose(0, 200).ToArbitrary(),
            (parts, gap) => AssertHashes(hash, [.. parts.Select(blocks => blocks * MultiBufferSha1.BlockLength)], gap))
            .QuickCheckThrowOnFailure();
    }

    [SkippableTheory]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(256 * 1024)]
    [InlineData(1024 * 1024)]
    public void Sixteen_pieces_have_the_hashes_of_single_pieces(int pieceLength)
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, NotSupported);
        AssertHashes(new MultiBufferSha1(), [pieceLength], 0);
        AssertHashes(new MultiBufferSha1(), [.. Enumerable.Repeat(16 * 1024, pieceLength / (16 * 1024))], 0);
    }

    [SkippableFact]
    public void Reset_drops_the_appended_bytes()
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, NotSupported);
        var hash = new MultiBufferSha1();
        hash.Append(new byte[MultiBufferSha1.BlockLength], 0, MultiBufferSha1.BlockLength);
        hash.Reset();
        AssertHashes(hash, [MultiBufferSha1.BlockLength], 0);
    }

    [SkippableFact]
    public void Too_short_data_is_refused()
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, NotSupported);
        var hash = new MultiBufferSha1();
        Assert.Throws<ArgumentOutOfRangeException>(() => hash.Append(new byte[(16 * 64) - 1], 64, 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => hash.Append(new byte[16 * 64], 64, 63));
        Assert.Throws<ArgumentOutOfRangeException>(() => hash.Append(new byte[16 * 64], 64, -64));
        Assert.Throws<ArgumentOutOfRangeException>(() => hash.Append(new byte[16 * 64], -1, 64));
    }

    /// <summary>
    /// Appends different bytes to each message, part by part, with a gap between the messages' parts.
    /// </summary>
    private static void AssertHashes(MultiBufferSha1 hash, int[] parts, int gap)
    {
        var random = new Random(parts.Length + gap);
        var messages = new List<byte>[MultiBufferSha1.Count];
        for (int i = 0; i < messages.Length; i++)
            messages[i] = [];
        foreach (int length in parts)
        {
            byte[] data = new byte[MultiBufferSha1.Count * (length + gap)];
            random.NextBytes(data);
            hash.Append(data, length + gap, length);
            for (int i = 0; i < messages.Length; i++)
                messages[i].AddRange(data.AsSpan(i * (length + gap), length));
        }

        byte[] digests = new byte[MultiBufferSha1.Count * SHA1.HashSizeInBytes];
        hash.Finish(digests);
        Assert.Equal(messages.SelectMany(message => SHA1.HashData(message.ToArray())), digests);
    }
}
