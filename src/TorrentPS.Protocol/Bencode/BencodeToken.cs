namespace TorrentPS.Protocol.Bencode;

/// <summary>Kind of the token that a <see cref="BencodeReader"/> is positioned on.</summary>
public enum BencodeToken
{
    /// <summary>No token: the reader is before the first token or after the end of the value.</summary>
    None,

    /// <summary>An integer.</summary>
    Number,

    /// <summary>A byte string that is a value.</summary>
    Bytes,

    /// <summary>A byte string that is a dictionary key.</summary>
    Key,

    /// <summary>The start of a list.</summary>
    ListStart,

    /// <summary>The start of a dictionary.</summary>
    DictionaryStart,

    /// <summary>The end of the innermost list or dictionary.</summary>
    End,
}
