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

/// <summary>Why bytes are not the bencoding that was asked for.</summary>
public enum BencodeError
{
    /// <summary>The data ends inside a value.</summary>
    Truncated,

    /// <summary>Bytes follow the one value that was expected.</summary>
    TrailingData,

    /// <summary>A byte begins no value.</summary>
    UnexpectedByte,

    /// <summary>An integer is empty, has a leading zero, is a negative zero or holds something else than digits.</summary>
    InvalidInteger,

    /// <summary>An integer is well formed but outside what 64 bits hold.</summary>
    IntegerOverflow,

    /// <summary>A string's length has a leading zero, holds something else than digits or is too large to be one.</summary>
    InvalidStringLength,

    /// <summary>A dictionary's key is not a string.</summary>
    KeyIsNotAString,

    /// <summary>A dictionary ends after a key.</summary>
    MissingValue,

    /// <summary>A dictionary has the same key twice, so that its meaning depends on the reader.</summary>
    DuplicateKey,

    /// <summary>Lists and dictionaries are nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>There are more values than the limit.</summary>
    TooManyTokens,

    /// <summary>The data, or one string in it, is longer than the limit.</summary>
    TooLong,

    /// <summary>A value has another type than the reader asked for.</summary>
    WrongType,
}
