namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// Whether the first connection to a peer is encrypted (MSE), and whether a connection of the other kind is tried if
/// the first one fails.
/// </summary>
/// <param name="EncryptFirst">Whether the first connection is encrypted.</param>
/// <param name="TryOther">
/// Whether a second connection of the other kind is made if the handshake on the first one fails.
/// </param>
internal readonly record struct EncryptionAttempts(bool EncryptFirst, bool TryOther)
{
    /// <summary>
    /// Returns the attempts for an address. Under <see cref="EncryptionPolicy.Prefer"/>, an unknown peer is first
    /// dialed in plain text. Nearly all peers accept plain text, and its handshake takes one round trip less than an
    /// encrypted one. An encrypted attempt at a peer that only knows plain text would cost two additional round trips.
    /// </summary>
    /// <param name="policy">The policy for outgoing connections.</param>
    /// <param name="isEncrypted">
    /// True if the peer is known to accept encrypted connections; false if it is known to accept plain ones; null if
    /// neither is known.
    /// </param>
    public static EncryptionAttempts Of(EncryptionPolicy policy, bool? isEncrypted) => policy switch
    {
        EncryptionPolicy.Require => new EncryptionAttempts(EncryptFirst: true, TryOther: false),
        EncryptionPolicy.Disable => new EncryptionAttempts(EncryptFirst: false, TryOther: false),
        _ => new EncryptionAttempts(EncryptFirst: isEncrypted == true, TryOther: isEncrypted != false),
    };
}
