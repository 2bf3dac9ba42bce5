namespace TorrentPS.Protocol.Wire;

/// <summary>A peer sent what the protocol does not allow; nothing that follows on the connection can be trusted.</summary>
public sealed class WireException : Exception
{
    /// <summary>Names the error and says what was seen.</summary>
    public WireException(WireError error, string message)
        : base(message) => Error = error;

    /// <summary>Names the error, says what was seen and keeps its cause.</summary>
    public WireException(WireError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>What is wrong.</summary>
    public WireError Error { get; }
}

/// <summary>What is wrong with a frame or handshake.</summary>
public enum WireError
{
    /// <summary>The length prefix is above the limit.</summary>
    FrameTooLong,

    /// <summary>The body's length does not fit the message's id.</summary>
    WrongBodyLength,

    /// <summary>A piece number, offset or length is 2^31 or more, beyond any torrent.</summary>
    NumberOutOfRange,

    /// <summary>The extension handshake is not a bencoded dictionary, or is larger than the limit.</summary>
    BadExtensionHandshake,

    /// <summary>A metadata message is not a bencoded dictionary that names a type and a piece, or is larger than the limit.</summary>
    BadMetadataMessage,

    /// <summary>The peer exchange message is not a bencoded dictionary, or is larger than the limit.</summary>
    BadPeerExchange,
}
