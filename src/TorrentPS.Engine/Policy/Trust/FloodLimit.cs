namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// Limits the messages of one peer that bring nothing: repeated, unsolicited or impossible ones. Each adds a charge.
/// The sum falls with time, so that a peer that sends few of them for days never reaches the limit.
/// </summary>
internal sealed class FloodLimit
{
    /// <summary>
    /// Maximum sum of charges. A peer with a higher sum is disconnected. Handling 20,000 small messages takes about
    /// 10 ms. A peer that ends its download cancels its open requests, usually at most 2,000, and so stays below the
    /// limit.
    /// </summary>
    public const int MaxCharge = 20_000;

    /// <summary>
    /// Sum of charges above which few messages of the peer are handled per tick, so that the swarm loop has time for
    /// the messages of other peers. Only floods and the cancels of thousands of requests exceed it.
    /// </summary>
    public const int SlowCharge = MaxCharge / 4;

    /// <summary>
    /// Amount by which the sum falls each second. A peer that sends at most 200 small messages or one large message per
    /// second never reaches <see cref="MaxCharge"/>.
    /// </summary>
    public const int DecayPerSecond = 200;

    /// <summary>
    /// Charge for a small message, such as a keep-alive or a repeated have. Peers send a keep-alive every two minutes.
    /// </summary>
    public const int SmallMessage = 1;

    /// <summary>
    /// Charge for a request that can't be served. A peer can send 4,000 such requests at once before it is
    /// disconnected. Clients keep at most 2,000 requests open.
    /// </summary>
    public const int Request = 5;

    /// <summary>
    /// Charge for an unsolicited block or reject. A peer can send 500 such messages at once before it is disconnected.
    /// 500 blocks of 16 KiB waste about 8 MiB of download.
    /// </summary>
    public const int UnsolicitedBlock = 40;

    /// <summary>
    /// Charge for a bitfield without new pieces, a repeated extension handshake or an unknown extended message. A peer
    /// can send 100 such messages at once before it is disconnected. Clients send only a few, for example an extension
    /// handshake after each change of a setting.
    /// </summary>
    public const int LargeMessage = 200;

    private double _sum;
    private TimeSpan _at;

    /// <summary>Returns whether the sum exceeds <see cref="SlowCharge"/>.</summary>
    /// <param name="now">The time since the torrent was added.</param>
    public bool IsSlowed(TimeSpan now) => SumAt(now) > SlowCharge;

    /// <summary>Adds a charge.</summary>
    /// <param name="charge">One of the constants of this class.</param>
    /// <param name="now">The time since the torrent was added.</param>
    /// <returns>Whether the sum exceeds <see cref="MaxCharge"/>.</returns>
    public bool Add(int charge, TimeSpan now)
    {
        _sum = SumAt(now) + charge;
        _at = now;
        return _sum > MaxCharge;
    }

    private double SumAt(TimeSpan now) => Math.Max(0, _sum - ((now - _at).TotalSeconds * DecayPerSecond));
}
