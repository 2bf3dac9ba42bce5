namespace TorrentPS.Engine.Policy;

/// <summary>What was granted to whom: who comes again gets what is left, not everything anew.</summary>
internal sealed class FastGrants
{
    /// <summary>How many addresses are remembered; the oldest is forgotten first.</summary>
    public const int Capacity = 4096;

    private readonly Dictionary<PeerOrigin, FastGrant> _grants = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>The grant of an address; made when it has none.</summary>
    /// <param name="peer">The address.</param>
    /// <param name="make">Makes its grant.</param>
    public FastGrant Of(PeerOrigin peer, Func<FastGrant> make)
    {
        if (_grants.TryGetValue(peer, out FastGrant? grant))
            return grant;
        if (_oldest.Count >= Capacity)
            _grants.Remove(_oldest.Dequeue());
        _oldest.Enqueue(peer);
        return _grants[peer] = make();
    }
}
