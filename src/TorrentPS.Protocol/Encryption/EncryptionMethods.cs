namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// Encryption of the bytes that follow an encryption handshake (MSE). The values are those of <c>crypto_provide</c> and
/// <c>crypto_select</c>.
/// </summary>
[Flags]
public enum EncryptionMethods
{
    /// <summary>No method.</summary>
    None = 0,

    /// <summary>Only the handshake is encrypted. All bytes after it are sent in plain text.</summary>
    PlainText = 1,

    /// <summary>All bytes are encrypted with RC4.</summary>
    Rc4 = 2,
}
