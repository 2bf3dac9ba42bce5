namespace TorrentPS.Protocol.Wire;

/// <summary>
/// The exception that is thrown when data from a peer violates the peer wire protocol. The receiver should close the
/// connection.
/// </summary>
public sealed class WireException : Exception
{
    /// <summary>Creates an exception with an error code and a message.</summary>
    public WireException(WireError error, string message)
        : base(message) => Error = error;

    /// <summary>Creates an exception with an error code, a message and the exception that caused it.</summary>
    public WireException(WireError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>Error code, which identifies the kind of error.</summary>
    public WireError Error { get; }
}

/// <summary>Error code of a <see cref="WireException"/>.</summary>
public enum WireError
{
    /// <summary>The length prefix of a message exceeds the maximum message length.</summary>
    FrameTooLong,

    /// <summary>The length of a message is not valid for its message id.</summary>
    WrongBodyLength,

    /// <summary>A piece index, offset or length is 2^31 or more.</summary>
    NumberOutOfRange,

    /// <summary>An extension handshake is not a bencoded dictionary, or exceeds a limit.</summary>
    BadExtensionHandshake,

    /// <summary>
    /// A metadata message does not start with a bencoded dictionary, has no message type or piece index, or exceeds a
    /// limit.
    /// </summary>
    BadMetadataMessage,

    /// <summary>A peer exchange message is not a bencoded dictionary, or exceeds a limit.</summary>
    BadPeerExchange,
}
