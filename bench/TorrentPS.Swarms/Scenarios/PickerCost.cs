using System.Diagnostics;
using TorrentPS.Engine;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// The cost of the piece picker in a large swarm: 100,000 pieces, and 200 peers that each have half of them.
/// </summary>
/// <param name="NanosecondsPerBlock">Mean nanoseconds to pick a block and account for its arrival, over a whole
/// download.</param>
/// <param name="BytesPerBlock">Bytes allocated per block, once the records of pieces in progress exist.</param>
/// <param name="BitfieldMilliseconds">Milliseconds to process a peer's bitfield, including the reordering before the
/// next pick.</param>
internal sealed record PickerCost(double NanosecondsPerBlock, double BytesPerBlock, double BitfieldMilliseconds)
{
    private const int Pieces = 100_000;
    private const int Peers = 200;
    private const int BlocksPerPiece = 16;

    /// <summary>Blocks requested from each peer at a time.</summary>
    private const int Depth = 8;

    /// <summary>Rounds after which the number of pieces in progress is stable: 2 % of the blocks.</summary>
    private const int WarmUpRounds = 20;

    /// <summary>Measures several times and returns the lowest values, as interference only adds cost.</summary>
    /// <param name="strategy">The piece-picking strategy.</param>
    /// <param name="seed">The seed of the peers' pieces and the picker's random choices.</param>
    /// <param name="runs">The number of measurements.</param>
    public static PickerCost Measure(PieceStrategy strategy, int seed = 1, int runs = 3)
    {
        TorrentGeometry geometry = TorrentGeometry.Continuous(
            (long)Pieces * BlocksPerPiece * TorrentGeometry.BlockLength, BlocksPerPiece * TorrentGeometry.BlockLength);
        Bitfield[] have = HalfEach(new Random(seed));
        var best = new PickerCost(double.MaxValue, double.MaxValue, double.MaxValue);
        for (int run = 0; run < runs; run++)
        {
            var picker = new PiecePicker(geometry, strategy, new Random(seed));
            double bitfield = Join(picker, have);
            (double nanoseconds, double bytes) = Download(picker, have);
            best = new PickerCost(
                Math.Min(best.NanosecondsPerBlock, nanoseconds),
                Math.Min(best.BytesPerBlock, bytes),
                Math.Min(best.BitfieldMilliseconds, bitfield));
        }

        return best;
    }

    private static Bitfield[] HalfEach(Random random)
    {
        byte[] bits = new byte[Bitfield.ByteLength(Pieces)];
        var have = new Bitfield[Peers];
        for (int i = 0; i < Peers; i++)
        {
            random.NextBytes(bits);
            have[i] = new Bitfield(Pieces);
            if (!have[i].TryLoad(bits))
                throw new InvalidOperationException("The pieces do not fill their last byte.");
        }

        return have;
    }

    /// <summary>Adds all peers. Measures the second half of them, each followed by a pick.</summary>
    private static double Join(PiecePicker picker, Bitfield[] have)
    {
        var loaded = new Bitfield(Pieces);
        Span<BlockAddress> picked = stackalloc BlockAddress[1];
        var none = new PeerIndex(Peers);
        long started = 0;
        for (int i = 0; i < Peers; i++)
        {
            if (i == Peers / 2)
                started = Stopwatch.GetTimestamp();
            loaded.TryLoad(have[i].Bytes);
            picker.PeerJoined(loaded);
            if (picker.Pick(none, have[i], 0, picked) > 0)
                picker.Release(picked[0], none);
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / (Peers / 2);
    }

    private static (double Nanoseconds, double Bytes) Download(PiecePicker picker, Bitfield[] have)
    {
        var asked = new BlockAddress[Peers][];
        int[] count = new int[Peers];
        for (int i = 0; i < Peers; i++)
            asked[i] = new BlockAddress[Depth];
        long blocks = 0;
        for (int i = 0; i < WarmUpRounds; i++)
            Round(picker, have, asked, count, ref blocks);

        blocks = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        while (!picker.IsFinished)
            Round(picker, have, asked, count, ref blocks);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return (took.TotalNanoseconds / blocks, (double)allocated / blocks);
    }

    /// <summary>Receives the blocks requested from every peer and requests new ones.</summary>
    private static void Round(PiecePicker picker, Bitfield[] have, BlockAddress[][] asked, int[] count, ref long blocks)
    {
        for (int i = 0; i < Peers; i++)
        {
            var peer = new PeerIndex(i);
            foreach (BlockAddress block in asked[i].AsSpan(0, count[i]))
            {
                blocks++;
                if (picker.MarkReceived(block, peer).PieceComplete)
                    picker.MarkVerified(block.Piece);
            }

            count[i] = picker.Pick(peer, have[i], BlocksPerPiece, asked[i]);
        }
    }
}
