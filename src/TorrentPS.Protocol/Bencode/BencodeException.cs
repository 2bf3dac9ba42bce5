namespace TorrentPS.Protocol.Bencode;

/// <summary>
/// The data is not valid bencoding (BEP 3), exceeds a limit, or contains another type than the caller requested.
/// </summary>
public sealed class BencodeException : FormatException
{
    /// <summary>Creates an exception for an error at a byte offset.</summary>
    /// <param name="error">The error code.</param>
    /// <param name="offset">Offset of the error, in bytes from the start of the data.</param>
    /// <param name="message">Description of the error. The offset is appended to it.</param>
    public BencodeException(BencodeError error, long offset, string message)
        : base($"{message} (at byte {offset})")
    {
        Error = error;
        Reason = message;
        Offset = offset;
    }

    /// <summary>The error code.</summary>
    public BencodeError Error { get; }

    /// <summary>Description of the error, without the offset.</summary>
    internal string Reason { get; }

    /// <summary>Offset of the error, in bytes from the start of the data.</summary>
    public long Offset { get; }
}

/// <summary>Error code of a <see cref="BencodeException"/>.</summary>
public enum BencodeError
{
    /// <summary>The data ends inside a value.</summary>
    Truncated,

    /// <summary>Data follows the value.</summary>
    TrailingData,

    /// <summary>A byte cannot start a value.</summary>
    UnexpectedByte,

    /// <summary>An integer has no digits, a leading zero or a character that is not a digit, or is -0.</summary>
    InvalidInteger,

    /// <summary>A well-formed integer does not fit in 64 bits.</summary>
    IntegerOverflow,

    /// <summary>
    /// The length of a string has a leading zero or a character that is not a digit, or exceeds
    /// <see cref="int.MaxValue"/>.
    /// </summary>
    InvalidStringLength,

    /// <summary>A dictionary key is not a string.</summary>
    KeyIsNotAString,

    /// <summary>A dictionary ends after a key that has no value.</summary>
    MissingValue,

    /// <summary>A dictionary contains the same key twice. Readers differ in which value they use.</summary>
    DuplicateKey,

    /// <summary>Lists and dictionaries are nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>The data has more values, keys and ends than the limit.</summary>
    TooManyTokens,

    /// <summary>The data, or a string in it, is longer than the limit.</summary>
    TooLong,

    /// <summary>A value has another type than the caller requested.</summary>
    WrongType,
}
