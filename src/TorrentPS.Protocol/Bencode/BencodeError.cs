namespace TorrentPS.Protocol.Bencode;

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
