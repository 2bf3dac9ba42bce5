namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// The exception that is thrown when an encryption handshake (MSE) fails. The connection should then be closed.
/// </summary>
public sealed class EncryptionException : Exception
{
    /// <summary>Creates an exception with an error code and a message.</summary>
    public EncryptionException(EncryptionError error, string message)
        : base(message) => Error = error;

    /// <summary>Error code, which identifies the kind of error.</summary>
    public EncryptionError Error { get; }
}

/// <summary>Error code of an <see cref="EncryptionException"/>.</summary>
public enum EncryptionError
{
    /// <summary>The public key of the peer is not valid.</summary>
    BadPublicKey,

    /// <summary>
    /// The expected bytes after the peer's random padding did not arrive: the padding is longer than allowed, or the
    /// peer uses another protocol or another info hash.
    /// </summary>
    NotSynchronized,

    /// <summary>The peer connects for a torrent that this client does not have.</summary>
    UnknownTorrent,

    /// <summary>The verification constant is not zero after decryption.</summary>
    BadVerification,

    /// <summary>
    /// The peer offers none of the allowed encryption methods, or selected one that was not offered to it.
    /// </summary>
    NoCommonMethod,

    /// <summary>The peer announced a padding of more than 512 bytes.</summary>
    PaddingTooLong,

    /// <summary>The peer announced a longer initial payload than this client accepts.</summary>
    InitialPayloadTooLong,
}
