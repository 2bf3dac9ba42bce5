using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

using static TorrentPS.Engine.Tests.Policy.Picking.PickerFixture;

namespace TorrentPS.Engine.Tests.Policy.Picking;

/// <summary>Sends random events to a picker and compares each result with a naive model.</summary>
public sealed class PiecePickerModelTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_result_agrees_with_a_naive_model(int seed)
    {
        var run = new PickerModel(seed);
        for (int step = 0; step < 1_000; step++)
        {
            try
            {
                run.Step();
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}, step {step}: {e.Message}\n{e.StackTrace}");
            }
        }
    }

    private sealed class PickerModel
    {
        private const int Peers = 6;
        private static readonly DownloadPriority[] Priorities = Enum.GetValues<DownloadPriority>();
        private readonly Random _random;
        private readonly int _pieces;
        private readonly TorrentGeometry _geometry;
        private readonly PiecePicker _picker;
        private readonly Bitfield?[] _has = new Bitfield?[Peers];
        private readonly DownloadPriority[] _priority;
        private readonly HashSet<int> _verified = [];
        private readonly Dictionary<BlockAddress, List<int>> _asked = [];
        private readonly Dictionary<BlockAddress, int> _received = [];

        public PickerModel(int seed)
        {
            _random = new Random(seed);
            _pieces = _random.Next(1, 90);
            int last = _random.Next(1, BlocksPerPiece * TorrentGeometry.BlockLength);
            _geometry = TorrentGeometry.Continuous(
                ((long)(_pieces - 1) * BlocksPerPiece * TorrentGeometry.BlockLength) + last,
                BlocksPerPiece * TorrentGeometry.BlockLength);
            _picker = new PiecePicker(_geometry, (PieceStrategy)_random.Next(3), new Random(seed + 1));
            _priority = [.. Enumerable.Repeat(DownloadPriority.Normal, _pieces)];
        }

        public void Step()
        {
            int peer = _random.Next(Peers);
            switch (_random.Next(100))
            {
                case < 8:
                    JoinOrLeave(peer);
                    break;
                case < 22 when _has[peer] is { IsComplete: false } has:
                    PieceIndex news = AnyPiece();
                    if (has.Add(news))
                        _picker.PeerHas(news, has);
                    break;
                case < 45 when _has[peer] is { } has:
                    Pick(peer, has);
                    break;
                case < 50 when _has[peer] is { } has:
                    PickEndgame(peer, has);
                    break;
                case < 75:
                    Receive(peer);
                    break;
                case < 85 when _asked.Count > 0:
                    BlockAddress block = _asked.Keys.ElementAt(_random.Next(_asked.Count));
                    Release(block, peer);
                    _picker.Release(block, Peer(peer));
                    break;
                case < 88:
                    PieceIndex piece = AnyPiece();
                    _priority[piece.Value] = Priorities[_random.Next(Priorities.Length)];
                    _picker.SetPriority(piece, _priority[piece.Value]);
                    break;
                case < 97:
                    Judge();
                    break;
                case < 98:
                    PieceIndex lost = AnyPiece();
                    Forget(lost);
                    _verified.Remove(lost.Value);
                    _picker.Reset(lost);
                    break;
                default:
                    _picker.Strategy = (PieceStrategy)_random.Next(3);
                    _picker.ReadingPosition = AnyPiece();
                    break;
            }

            Compare();
        }

        private PieceIndex AnyPiece() => Piece(_random.Next(_pieces));

        private bool Wanted(int piece) => _priority[piece] != DownloadPriority.Skip && !_verified.Contains(piece);

        private IEnumerable<BlockAddress> BlocksOf(int piece) =>
            Enumerable.Range(0, _geometry.BlockCountOf(Piece(piece))).Select(b => _geometry.Block(Piece(piece), b));

        private bool IsFree(BlockAddress block) => !_received.ContainsKey(block) && !_asked.ContainsKey(block);

        private bool InProgress(int piece) => BlocksOf(piece).Any(b => !IsFree(b));

        private int Availability(int piece) => _has.Count(h => h is not null && h.Contains(Piece(piece)));

        private void JoinOrLeave(int peer)
        {
            if (_has[peer] is { } had)
            {
                foreach (BlockAddress block in _asked.Keys.ToArray())
                    Release(block, peer);
                _picker.ReleaseAll(Peer(peer));
                _picker.PeerLeft(had);
                _has[peer] = null;
                return;
            }

            var has = new Bitfield(_pieces);
            int percent = _random.Next(4) * 34;
            for (int piece = 0; piece < _pieces; piece++)
            {
                if (_random.Next(100) < percent)
                    has.Add(Piece(piece));
            }

            _has[peer] = has;
            _picker.PeerJoined(has);
        }

        private void Pick(int peer, Bitfield has)
        {
            int hint = _random.Next(3) == 0 ? BlocksPerPiece : 0;
            var blocks = new BlockAddress[_random.Next(1, 9)];
            int before = _picker.PartialCount;
            int count = _picker.Pick(Peer(peer), has, hint, blocks);
            foreach (BlockAddress block in blocks[..count])
            {
                int piece = block.Piece.Value;
                bool isExpected = Wanted(piece) && has.Contains(block.Piece) && IsFree(block);
                Assert.True(isExpected, $"{block} must not be requested.");
                Assert.Equal(block, BlocksOf(piece).First(IsFree));
                if (!InProgress(piece))
                    CheckNew(piece, has);
                _asked[block] = [peer];
            }

            bool more = Enumerable.Range(0, _pieces)
                .Any(p => Wanted(p) && has.Contains(Piece(p)) && BlocksOf(p).Any(IsFree));
            Assert.True(count == blocks.Length || !more, "Free blocks were left though more were asked for.");
            Assert.True(before <= _picker.PartialCount);
        }

        private void CheckNew(int piece, Bitfield has)
        {
            int[] idle = [.. Enumerable.Range(0, _pieces)
                .Where(p => Wanted(p) && has.Contains(Piece(p)) && !InProgress(p))];
            DownloadPriority highest = idle.Max(p => _priority[p]);
            Assert.Equal(highest, _priority[piece]);
            if (_picker.Strategy == PieceStrategy.Sequential)
            {
                int position = _picker.ReadingPosition.Value;
                int[] best = [.. idle.Where(p => _priority[p] == highest)];
                Assert.Equal(best.MinBy(p => (p - position + _pieces) % _pieces), piece);
            }
            else if (_picker.Strategy == PieceStrategy.RarestFirst && _verified.Count > 0)
                Assert.Equal(idle.Where(p => _priority[p] == highest).Min(Availability), Availability(piece));
        }

        private void PickEndgame(int peer, Bitfield has)
        {
            long[] rates = [.. Enumerable.Range(0, Peers).Select(_ => (long)_random.Next(1_000_000))];
            var blocks = new BlockAddress[_random.Next(1, 9)];
            int count = _picker.PickEndgame(Peer(peer), has, Endgame.MaxRequesters, rates, blocks);
            Assert.True(count == 0 || _picker.AllRequested);
            foreach (BlockAddress block in blocks[..count])
            {
                int other = Assert.Single(_asked[block]);
                Assert.True(Wanted(block.Piece.Value) && has.Contains(block.Piece));
                Assert.True(!_received.ContainsKey(block) && other != peer);
                _asked[block].Add(peer);
            }
        }

        private void Receive(int peer)
        {
            BlockAddress[] mine = [.. _asked.Where(a => a.Value.Contains(peer)).Select(a => a.Key)];
            PieceIndex any = AnyPiece();
            BlockAddress block = mine.Length > 0 && _random.Next(10) > 0
                ? mine[_random.Next(mine.Length)]
                : _geometry.Block(any, _random.Next(_geometry.BlockCountOf(any)));
            int piece = block.Piece.Value;
            BlockOutcome expected = _verified.Contains(piece) || _received.ContainsKey(block) ? BlockOutcome.Duplicate
                : Wanted(piece) || InProgress(piece) ? BlockOutcome.Accepted : BlockOutcome.Unwanted;
            BlockResult result = _picker.MarkReceived(block, Peer(peer));
            Assert.Equal(expected, result.Outcome);
            Release(block, peer);
            if (expected != BlockOutcome.Accepted)
                return;
            _received[block] = peer;
            Assert.Equal(BlocksOf(piece).All(_received.ContainsKey), result.PieceComplete);
        }

        private void Release(BlockAddress block, int peer)
        {
            if (_asked.TryGetValue(block, out List<int>? asked) && asked.Remove(peer) && asked.Count == 0)
                _asked.Remove(block);
        }

        private void Judge()
        {
            int piece = Enumerable.Range(0, _pieces).FirstOrDefault(p => BlocksOf(p).All(_received.ContainsKey), -1);
            if (piece < 0)
                return;
            Assert.Equal(BlocksOf(piece).Select(b => Peer(_received[b])), _picker.Contributors(Piece(piece)).ToArray());
            Forget(Piece(piece));
            if (_random.Next(4) == 0)
                _picker.Reset(Piece(piece));
            else
                Assert.True(_picker.MarkVerified(Piece(piece)) && _verified.Add(piece));
        }

        private void Forget(PieceIndex piece)
        {
            foreach (BlockAddress block in BlocksOf(piece.Value))
            {
                _asked.Remove(block);
                _received.Remove(block);
            }
        }

        private void Compare()
        {
            _picker.CheckInvariants();
            int[] wanted = [.. Enumerable.Range(0, _pieces).Where(Wanted)];
            Assert.Equal(wanted.Length, _picker.WantedRemaining);
            Assert.Equal(wanted.Length == 0, _picker.IsFinished);
            Assert.Equal(wanted.SelectMany(BlocksOf).All(b => !IsFree(b)), _picker.AllRequested);
            for (int piece = 0; piece < _pieces; piece++)
                Assert.Equal(Availability(piece), _picker.AvailabilityOf(Piece(piece)));
            foreach (Bitfield? has in _has)
            {
                bool isInteresting = has is not null && wanted.Any(p => has.Contains(Piece(p)));
                Assert.Equal(isInteresting, has is not null && _picker.IsInteresting(has));
            }

            foreach ((BlockAddress block, List<int> asked) in _asked)
                Assert.Equal(asked.Order(), _picker.Requesters(block).ToArray().Select(p => p.Value).Order());
        }
    }
}
