namespace TorrentPS.Protocol.Bencode;

/// <summary>
/// The exception that is thrown when data is not valid bencoding (BEP 3), exceeds a limit, or contains a value of
/// another type than the caller requested.
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

    /// <summary>Error code, which identifies the kind of error.</summary>
    public BencodeError Error { get; }

    /// <summary>Description of the error, without the offset.</summary>
    internal string Reason { get; }

    /// <summary>Offset of the error, in bytes from the start of the data.</summary>
    public long Offset { get; }
}

/// <summary>Error code of a <see cref="BencodeException"/>.</summary>
public enum BencodeError
{
    /// <summary>The data is empty or ends inside a value.</summary>
    Truncated,

    /// <summary>The data continues after the value.</summary>
    TrailingData,

    /// <summary>The first byte of a value is not <c>i</c>, <c>l</c>, <c>d</c> or a digit.</summary>
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

    /// <summary>
    /// A dictionary contains the same key twice. Programs differ in which of the two values they use.
    /// </summary>
    DuplicateKey,

    /// <summary>Lists and dictionaries are nested deeper than <see cref="BencodeLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>
    /// The data has more tokens than <see cref="BencodeLimits.MaxTokens"/>. Each integer, string, key, and start or end
    /// of a list or dictionary is one token.
    /// </summary>
    TooManyTokens,

    /// <summary>
    /// The data is longer than <see cref="BencodeLimits.MaxLength"/>, or a string in it is longer than
    /// <see cref="BencodeLimits.MaxStringLength"/>.
    /// </summary>
    TooLong,

    /// <summary>A value has another type than the caller requested.</summary>
    WrongType,
}
