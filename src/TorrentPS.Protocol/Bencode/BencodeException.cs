namespace TorrentPS.Protocol.Bencode;

/// <summary>Bytes are not valid bencoding (BEP 3), or go beyond a limit.</summary>
public sealed class BencodeException : FormatException
{
    /// <summary>A failure at a byte offset.</summary>
    /// <param name="error">What is wrong.</param>
    /// <param name="offset">Where, in bytes from the start of the data.</param>
    /// <param name="message">The same for a person.</param>
    public BencodeException(BencodeError error, long offset, string message)
        : base($"{message} (at byte {offset})")
    {
        Error = error;
        Reason = message;
        Offset = offset;
    }

    /// <summary>What is wrong.</summary>
    public BencodeError Error { get; }

    /// <summary>The message without the offset.</summary>
    internal string Reason { get; }

    /// <summary>Where, in bytes from the start of the data.</summary>
    public long Offset { get; }
}
