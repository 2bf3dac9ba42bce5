namespace TorrentPS.Simulation.Utp;

/// <summary>
/// A model of a TCP flow with selective acknowledgements and endless data: its congestion window follows Reno (RFC
/// 5681) or CUBIC (RFC 9438).
/// </summary>
internal sealed class TcpFlow : IFlow
{
    private const int Segment = 1448;
    private const int Headers = 24;
    private const double CubicC = 0.4, CubicBeta = 0.7;

    private readonly Timeline _time;
    private readonly UtpLink _link, _back;
    private readonly bool _isCubic;
    private readonly SortedDictionary<long, long> _outstanding = [];
    private readonly Queue<long> _lost = new();
    private readonly HashSet<long> _arrived = [];
    private double _window = 10, _threshold = double.MaxValue, _epoch = -1, _maximum, _smoothed = 0.1;
    private long _next, _order, _recovery, _inOrder;
    private double _lastAck;

    public TcpFlow(Timeline time, UtpLink link, UtpLink back, bool isCubic)
    {
        _time = time;
        _link = link;
        _back = back;
        _isCubic = isCubic;
        Send();
        Watch();
    }

    public long Received => _inOrder * Segment;

    private void Send()
    {
        while (_outstanding.Count < _window)
        {
            long segment = _lost.Count > 0 ? _lost.Dequeue() : _next++;
            long order = ++_order;
            _outstanding.Add(order, segment);
            double sent = _time.Seconds;
            _link.Send(Segment + Headers, false, () => Arrive(segment, order, sent));
        }
    }

    private void Arrive(long segment, long order, double sent)
    {
        _arrived.Add(segment);
        while (_arrived.Remove(_inOrder))
            _inOrder++;
        _back.Send(Headers, false, () => Acknowledge(order, sent));
    }

    private void Acknowledge(long order, double sent)
    {
        _lastAck = _time.Seconds;
        if (!_outstanding.Remove(order))
            return;
        _smoothed += (_time.Seconds - sent - _smoothed) / 8;
        bool isLoss = false;
        while (_outstanding.Count > 0 && _outstanding.First() is { } first && first.Key + 3 <= order)
        {
            _outstanding.Remove(first.Key);
            _lost.Enqueue(first.Value);
            isLoss |= first.Key > _recovery;
        }

        if (isLoss)
            Reduce();
        else if (_window < _threshold)
            _window++;
        else
            Grow();
        Send();
    }

    private void Grow()
    {
        double reno = 1 / _window;
        if (!_isCubic)
        {
            _window += reno;
            return;
        }

        if (_epoch < 0)
            _epoch = _time.Seconds;
        double k = Math.Cbrt(_maximum * (1 - CubicBeta) / CubicC);
        double target = (CubicC * Math.Pow(_time.Seconds - _epoch + _smoothed - k, 3)) + _maximum;
        double friendly = 3 * (1 - CubicBeta) / (1 + CubicBeta) / _window;
        _window += Math.Max(friendly, Math.Min(0.5, (target - _window) / _window));
    }

    private void Reduce()
    {
        _recovery = _order;
        _maximum = _window;
        _window = _threshold = Math.Max(2, _window * (_isCubic ? CubicBeta : 0.5));
        _epoch = -1;
    }

    /// <summary>Handles time-outs: no acknowledgement for a second.</summary>
    private void Watch()
    {
        if (_time.Seconds - _lastAck > 1 && _outstanding.Count > 0)
        {
            foreach (long segment in _outstanding.Values)
                _lost.Enqueue(segment);
            _outstanding.Clear();
            _threshold = Math.Max(2, _window / 2);
            _window = 1;
            _epoch = -1;
            _lastAck = _time.Seconds;
            Send();
        }

        _time.In(0.2, Watch);
    }
}
