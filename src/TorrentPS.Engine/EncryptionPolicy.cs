namespace TorrentPS.Engine;

/// <summary>
/// Whether connections to and from peers are encrypted with Message Stream Encryption (MSE). The encryption hides the
/// protocol from devices on the network path. It does not authenticate the peer.
/// </summary>
public enum EncryptionPolicy
{
    /// <summary>
    /// Both encrypted and plain connections are made and accepted. If a peer closes an outgoing connection during the
    /// handshake, or does not answer an encrypted one, the other kind is tried at once. Plain text is tried first,
    /// unless the last connection to the peer was encrypted or the peer is known to prefer encryption.
    /// </summary>
    Prefer,

    /// <summary>Only connections on which all bytes are encrypted are made or accepted.</summary>
    Require,

    /// <summary>Only plain connections are made or accepted.</summary>
    Disable,
}
