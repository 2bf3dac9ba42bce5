using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>
/// The loop among peers that answer over links with a rate and a round trip, in virtual time: each serves what it is
/// asked in order, a cancel reaches it half a round trip later, and blocks it has begun come nevertheless.
/// </summary>
internal sealed class LinkModel(SwarmFixture swarm)
{
    private readonly PriorityQueue<Action, (double Due, long Order)> _events = new();
    private readonly List<ModelledPeer> _peers = [];
    private double _now;
    private double _nextTick = TickHandler.Period.TotalSeconds;
    private long _order;

    /// <summary>Seconds since the beginning.</summary>
    public double Now => _now;

    /// <summary>
    /// Connects a peer that has everything; it serves once <see cref="ModelledPeer.Unchoke"/> is called.
    /// </summary>
    /// <param name="number">Which.</param>
    /// <param name="rate">Bytes/s at each second.</param>
    /// <param name="roundTrip">Seconds.</param>
    /// <param name="requestQueue">What it says to take at once, if anything.</param>
    public ModelledPeer Connect(int number, Func<double, double> rate, double roundTrip, int? requestQueue = null)
    {
        FakePeer peer = swarm.Connect(number);
        if (requestQueue is not null)
            peer.Extended(new ExtensionHandshake { RequestQueue = requestQueue });
        peer.SendBitfield([.. Enumerable.Range(0, swarm.Geometry.PieceCount)]);
        var modelled = new ModelledPeer(this, peer, rate, roundTrip);
        _peers.Add(modelled);
        return modelled;
    }

    /// <summary>Lets time pass, up to so many seconds or until something is so.</summary>
    public void Run(double seconds, Func<bool>? until = null)
    {
        double end = _now + seconds;
        while (until?.Invoke() != true)
        {
            bool tick = !_events.TryPeek(out _, out (double Due, long Order) next) || next.Due > _nextTick;
            double due = tick ? _nextTick : next.Due;
            if (due > end)
                break;
            Advance(due);
            if (tick)
            {
                _nextTick += TickHandler.Period.TotalSeconds;
                swarm.Handle(Tick.Instance);
            }
            else
            {
                _events.Dequeue()();
            }

            foreach (ModelledPeer peer in _peers)
                peer.Read();
        }

        if (_now < end && until is null)
            Advance(end);
    }

    private void At(double due, Action action) => _events.Enqueue(action, (due, _order++));

    private void Advance(double to)
    {
        swarm.Time.Advance(TimeSpan.FromSeconds(to) - TimeSpan.FromSeconds(_now));
        _now = to;
    }

    internal sealed class ModelledPeer(LinkModel model, FakePeer peer, Func<double, double> rate, double roundTrip)
    {
        private readonly LinkedList<BlockAddress> _queue = new();
        private int _read;
        private bool _busy;

        public FakePeer Peer => peer;

        /// <summary>Payload bytes that reached us.</summary>
        public long Delivered { get; private set; }

        public void Unchoke() => peer.Say(PeerMessageId.Unchoke);

        /// <summary>What was sent to it since the last look is under way now.</summary>
        public void Read()
        {
            for (; _read < peer.Inbox.Count; _read++)
            {
                Sent sent = peer.Inbox[_read];
                if (sent.Id == PeerMessageId.Request)
                    model.At(model._now + (roundTrip / 2), () => Asked(sent.Block));
                else if (sent.Id == PeerMessageId.Cancel)
                    model.At(model._now + (roundTrip / 2), () => _queue.Remove(sent.Block));
            }
        }

        private void Asked(BlockAddress block)
        {
            _queue.AddLast(block);
            if (!_busy)
                ServeNext();
        }

        private void ServeNext()
        {
            _busy = _queue.First is not null;
            if (_queue.First is not { } first)
                return;
            _queue.RemoveFirst();
            double done = DoneAt(first.Value.Length);
            model.At(done, ServeNext);
            model.At(done + (roundTrip / 2), () => Arrive(first.Value));
        }

        private void Arrive(BlockAddress block)
        {
            if (peer.ClosedFor is not null)
                return;
            Delivered += block.Length;
            peer.Give(block);
        }

        private double DoneAt(double left)
        {
            const double Step = 0.05;
            double time = model._now;
            while (rate(time) * Step < left)
            {
                left -= rate(time) * Step;
                time += Step;
            }

            return time + (left / rate(time));
        }
    }
}
