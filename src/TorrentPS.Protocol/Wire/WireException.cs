namespace TorrentPS.Protocol.Wire;

/// <summary>A peer sent data that violates the protocol. The connection should be closed.</summary>
public sealed class WireException : Exception
{
    /// <summary>Creates an exception with an error code and a message.</summary>
    public WireException(WireError error, string message)
        : base(message) => Error = error;

    /// <summary>Creates an exception with an error code, a message and its cause.</summary>
    public WireException(WireError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>The error code.</summary>
    public WireError Error { get; }
}

/// <summary>Error code of a <see cref="WireException"/>.</summary>
public enum WireError
{
    /// <summary>The length prefix is over the limit.</summary>
    FrameTooLong,

    /// <summary>The length of the message does not fit its id.</summary>
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
