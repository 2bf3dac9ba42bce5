namespace TorrentPS.Protocol.Bencode;

/// <summary>What a <see cref="BencodeReader"/> stands on.</summary>
public enum BencodeToken
{
    /// <summary>Nothing yet, or the end of the data.</summary>
    None,

    /// <summary>An integer.</summary>
    Number,

    /// <summary>A string of bytes that is a value.</summary>
    Bytes,

    /// <summary>A string of bytes that is a dictionary's key.</summary>
    Key,

    /// <summary>The start of a list.</summary>
    ListStart,

    /// <summary>The start of a dictionary.</summary>
    DictionaryStart,

    /// <summary>The end of the innermost list or dictionary.</summary>
    End,
}
