using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Storage.Hashing;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class MultiBufferSha1Tests
{
    private const string Lacking = "This processor has no vectors of 512 bits.";

    [SkippableFact]
    public void Sixteen_messages_hash_as_each_would_alone_in_whatever_parts_they_come()
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, Lacking);
        var lanes = new MultiBufferSha1();
        Prop.ForAll(
            Gen.Choose(0, 40).ListOf().ToArbitrary(),
            Gen.Choose(0, 200).ToArbitrary(),
            (parts, gap) => AssertHashes(lanes, [.. parts.Select(blocks => blocks * MultiBufferSha1.BlockLength)], gap)).QuickCheckThrowOnFailure();
    }

    [SkippableTheory]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(256 * 1024)]
    [InlineData(1024 * 1024)]
    public void Sixteen_pieces_hash_as_each_would_alone(int pieceLength)
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, Lacking);
        AssertHashes(new MultiBufferSha1(), [pieceLength], 0);
        AssertHashes(new MultiBufferSha1(), [.. Enumerable.Repeat(16 * 1024, pieceLength / (16 * 1024))], 0);
    }

    [SkippableFact]
    public void What_was_forgotten_is_not_hashed()
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, Lacking);
        var lanes = new MultiBufferSha1();
        lanes.Append(new byte[MultiBufferSha1.BlockLength], 0, MultiBufferSha1.BlockLength);
        lanes.Reset();
        AssertHashes(lanes, [MultiBufferSha1.BlockLength], 0);
    }

    [SkippableFact]
    public void Nothing_is_read_beyond_the_data()
    {
        Skip.IfNot(MultiBufferSha1.IsSupported, Lacking);
        var lanes = new MultiBufferSha1();
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Append(new byte[(16 * 64) - 1], 64, 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Append(new byte[16 * 64], 64, 63));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Append(new byte[16 * 64], 64, -64));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Append(new byte[16 * 64], -1, 64));
    }

    /// <summary>Gives every lane other bytes, part by part, with a gap between the lanes' parts.</summary>
    private static void AssertHashes(MultiBufferSha1 lanes, int[] parts, int gap)
    {
        var random = new Random(parts.Length + gap);
        var messages = new List<byte>[MultiBufferSha1.Count];
        for (int lane = 0; lane < messages.Length; lane++)
            messages[lane] = [];
        foreach (int length in parts)
        {
            byte[] data = new byte[MultiBufferSha1.Count * (length + gap)];
            random.NextBytes(data);
            lanes.Append(data, length + gap, length);
            for (int lane = 0; lane < messages.Length; lane++)
                messages[lane].AddRange(data.AsSpan(lane * (length + gap), length));
        }

        byte[] digests = new byte[MultiBufferSha1.Count * SHA1.HashSizeInBytes];
        lanes.Finish(digests);
        Assert.Equal(messages.SelectMany(message => SHA1.HashData(message.ToArray())), digests);
    }
}
