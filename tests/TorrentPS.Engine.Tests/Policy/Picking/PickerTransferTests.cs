using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Protocol.Primitives;

using static TorrentPS.Engine.Tests.Policy.Picking.PickerFixture;

namespace TorrentPS.Engine.Tests.Policy.Picking;

/// <summary>Picker, request depth and endgame together, with peers of constant rates in virtual time.</summary>
public sealed class PickerTransferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Endgame_shortens_a_download_and_wastes_less_than_one_percent(int seed)
    {
        (double with, long wasted, long total) = Download(seed, endgame: true);
        (double without, long none, _) = Download(seed, endgame: false);
        Assert.Equal(0, none);
        Assert.True(with < without, $"{with:0.00} s with endgame, {without:0.00} s without.");
        Assert.True(wasted < total / 100, $"{wasted} of {total} blocks wasted.");
    }

    [Fact]
    public void A_download_in_steady_state_allocates_nothing()
    {
        const int Pieces = 3_000;
        PiecePicker picker = Picker(Pieces);
        Bitfield[] has = [.. Enumerable.Range(0, 20).Select(_ => Everything(Pieces))];
        Transfer(picker, has, 1_000);
        long least = long.MaxValue;

        // A garbage collection caused by other tests may count here. What every run allocates shows in all of them.
        for (int run = 0; run < 3; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Transfer(picker, has, 1_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void Transfer(PiecePicker picker, Bitfield[] has, int blocks)
    {
        Span<BlockAddress> asked = stackalloc BlockAddress[3];
        for (int i = 0; i < blocks; i++)
        {
            int peer = i % has.Length;
            int count = picker.Pick(Peer(peer), has[peer], peer % 2 * BlocksPerPiece, asked);
            foreach (BlockAddress block in asked[..count])
            {
                if (picker.MarkReceived(block, Peer(peer)).PieceComplete)
                    picker.MarkVerified(block.Piece);
            }
        }
    }

    private static (double Seconds, long Wasted, long Total) Download(int seed, bool endgame)
    {
        const int Pieces = 512;
        const double RoundTrip = 0.05;
        const double Step = 0.01;
        PiecePicker picker = Picker(Pieces, seed: seed);
        Bitfield all = Everything(Pieces);
        var random = new Random(seed);
        long[] rates = [.. Enumerable.Range(0, 12).Select(_ => (long)(20_000 * Math.Pow(100, random.NextDouble())))];
        SendingPeer[] peers = [.. rates.Select(rate => new SendingPeer(rate, RoundTrip))];
        var blocks = new BlockAddress[RequestDepth.DefaultMaxDepth];
        long wasted = 0;
        double now = 0;
        for (int step = 1; !picker.IsFinished; step++, now = step * Step)
        {
            Assert.True(now < 1_000, "The download does not end.");
            for (int i = 0; i < peers.Length; i++)
            {
                SendingPeer peer = peers[i];
                while (peer.TryReceive(now, out BlockAddress block))
                {
                    peer.Depth.OnBlock();
                    BlockResult result = picker.MarkReceived(block, Peer(i));
                    if (result.Outcome != BlockOutcome.Accepted)
                        wasted++;
                    foreach (PeerIndex loser in picker.Requesters(block).ToArray())
                    {
                        peers[loser.Value].Cancel(block, now);
                        picker.Release(block, loser);
                    }

                    if (result.PieceComplete)
                        picker.MarkVerified(block.Piece);
                }

                if (step % 100 == 0)
                    peer.Depth.OnTick(rates[i], TimeSpan.FromSeconds(RoundTrip));
                int room = Math.Max(0, peer.Depth.Depth - peer.Outstanding);
                int count = picker.Pick(Peer(i), all, wholePieceHint: 0, blocks.AsSpan(0, room));
                if (endgame && peer.Outstanding + count == 0)
                {
                    int depth = Endgame.MaxDuplicates(rates[i]);
                    count = picker.PickEndgame(Peer(i), all, Endgame.MaxRequesters, rates, blocks.AsSpan(0, depth));
                }

                foreach (BlockAddress block in blocks.AsSpan(0, count))
                    peer.Request(block, now);
            }
        }

        return (now, wasted, (long)Pieces * BlocksPerPiece);
    }

    /// <summary>A peer that sends blocks in order at a constant rate, with half a round trip each way.</summary>
    private sealed class SendingPeer(long rate, double roundTrip)
    {
        private readonly List<(BlockAddress Block, double AskedAt)> _queue = [];
        private readonly Queue<(BlockAddress Block, double ArrivesAt)> _underWay = new();
        private double _idleFrom;

        public RequestDepth Depth { get; } = new();

        public int Outstanding => _queue.Count + _underWay.Count;

        public void Request(BlockAddress block, double now) => _queue.Add((block, now + (roundTrip / 2)));

        public void Cancel(BlockAddress block, double now)
        {
            Send(now + (roundTrip / 2));
            _queue.RemoveAll(q => q.Block == block);
        }

        public bool TryReceive(double now, out BlockAddress block)
        {
            Send(now);
            bool arrived = _underWay.TryPeek(out (BlockAddress Block, double ArrivesAt) next) && next.ArrivesAt <= now;
            block = arrived ? _underWay.Dequeue().Block : default;
            return arrived;
        }

        /// <summary>Begins to send the blocks that are due by a time.</summary>
        private void Send(double until)
        {
            while (_queue.Count > 0 && Math.Max(_idleFrom, _queue[0].AskedAt) <= until)
            {
                _idleFrom = Math.Max(_idleFrom, _queue[0].AskedAt) + ((double)TorrentGeometry.BlockLength / rate);
                _underWay.Enqueue((_queue[0].Block, _idleFrom + (roundTrip / 2)));
                _queue.RemoveAt(0);
            }
        }
    }
}
