namespace TorrentPS.Engine;

/// <summary>
/// Whether connections with peers are encrypted by Message Stream Encryption (MSE). The encryption hides the protocol
/// from devices on the way. It does not authenticate the peer.
/// </summary>
public enum EncryptionPolicy
{
    /// <summary>
    /// Encrypted and plain connections are made and accepted, so that every peer can be reached. When a peer closes an
    /// outgoing connection during the handshakes, the other kind is tried at once. Plain text is tried first, unless the
    /// last connection to the peer was encrypted or the peer is known to prefer encryption.
    /// </summary>
    Prefer,

    /// <summary>Only connections on which all bytes are encrypted are made or accepted.</summary>
    Require,

    /// <summary>Only plain connections are made or accepted.</summary>
    Disable,
}
