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
    /// Amount by which the sum falls each second. A peer can therefore send 200 small messages or one large message per
    /// second for any time. A sum of <see cref="MaxCharge"/> falls to zero in 100 seconds.
    /// </summary>
    public const int DecayPerSecond = 200;

    /// <summary>
    /// Charge of a small message, such as a keep-alive or a repeated have. Peers send a keep-alive every two minutes.
    /// </summary>
    public const int SmallMessage = 1;

    /// <summary>
    /// Charge of a request that can't be served. Clients keep at most 2,000 requests open, so that the limit allows two
    /// full queues of such requests.
    /// </summary>
    public const int Request = 5;

    /// <summary>
    /// Charge of an unsolicited block or reject. The limit allows 500 of them at once. 500 blocks of 16 KiB waste
    /// about 8 MiB of download.
    /// </summary>
    public const int UnsolicitedBlock = 40;

    /// <summary>
    /// Charge of a bitfield without new pieces, a repeated extension handshake or an unknown extended message. Such
    /// a message can have 64 KiB, and a bitfield can be longer. The limit allows 100 of them at once, because clients
    /// repeat the extension handshake when the user changes a setting.
    /// </summary>
    public const int LargeMessage = 200;

    private double _sum;
    private TimeSpan _at;

    /// <summary>Adds a charge.</summary>
    /// <param name="charge">One of the constants of this class.</param>
    /// <param name="now">The time since the torrent was added.</param>
    /// <returns>Whether the sum exceeds <see cref="MaxCharge"/>.</returns>
    public bool Add(int charge, TimeSpan now)
    {
        _sum = Math.Max(0, _sum - ((now - _at).TotalSeconds * DecayPerSecond)) + charge;
        _at = now;
        return _sum > MaxCharge;
    }
}
