namespace TorrentPS.Engine.Policy.Connections;

/// <summary>Decides whether a connection to a peer begins encrypted (MSE), and whether the other kind is tried after it.</summary>
/// <param name="EncryptFirst">Whether the first connection is encrypted.</param>
/// <param name="TryOther">
/// Whether a second connection of the other kind is made when the peer closes the first one during the handshakes.
/// </param>
internal readonly record struct EncryptionAttempts(bool EncryptFirst, bool TryOther)
{
    /// <summary>
    /// Returns the attempts for an address. Under <see cref="EncryptionPolicy.Prefer"/>, an address of which nothing is
    /// known is first dialed in plain text. Nearly all peers accept it, and it takes one round trip less than an
    /// encrypted handshake. An encrypted handshake with a peer that only knows plain text would take two more.
    /// </summary>
    /// <param name="policy">The policy for outgoing connections.</param>
    /// <param name="isEncrypted">
    /// Whether the peer is known to accept encrypted connections, or to accept plain ones; null if nothing is known.
    /// </param>
    public static EncryptionAttempts Of(EncryptionPolicy policy, bool? isEncrypted) => policy switch
    {
        EncryptionPolicy.Require => new EncryptionAttempts(EncryptFirst: true, TryOther: false),
        EncryptionPolicy.Disable => new EncryptionAttempts(EncryptFirst: false, TryOther: false),
        _ => new EncryptionAttempts(EncryptFirst: isEncrypted == true, TryOther: isEncrypted != false),
    };
}
