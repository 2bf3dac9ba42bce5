namespace TorrentPS.Protocol.Wire;

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
