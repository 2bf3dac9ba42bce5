using System.Diagnostics;
using TorrentPS.Engine;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>What deciding costs in a large swarm: 100,000 pieces and 200 peers, each of which has half of them.</summary>
/// <param name="NanosecondsPerBlock">Picking a block and the accounting of its arrival, on average over a whole download.</param>
/// <param name="BytesPerBlock">What that allocates, once the records of the pieces in progress are there.</param>
/// <param name="BitfieldMilliseconds">Taking a peer's bitfield in, with the order made anew for the pick that follows.</param>
internal sealed record PickerCost(double NanosecondsPerBlock, double BytesPerBlock, double BitfieldMilliseconds)
{
    private const int Pieces = 100_000;
    private const int Peers = 200;
    private const int BlocksPerPiece = 16;

    /// <summary>How many blocks each peer is asked for at a time.</summary>
    private const int Depth = 8;

    /// <summary>Rounds after which the number of pieces in progress has settled: two in a hundred blocks.</summary>
    private const int WarmUpRounds = 20;

    /// <summary>Measures several times and takes the best: what disturbs only adds.</summary>
    /// <param name="strategy">In which order pieces are begun.</param>
    /// <param name="seed">What the peers have, and the picker's random choices.</param>
    /// <param name="runs">How many times.</param>
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

    /// <summary>All peers join; the figure is the mean of the second half of them, each followed by a pick.</summary>
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

    /// <summary>Every peer sends what it was asked for and is asked anew.</summary>
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
