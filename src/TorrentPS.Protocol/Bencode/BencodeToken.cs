namespace TorrentPS.Protocol.Bencode;

/// <summary>Kind of the token that a <see cref="BencodeReader"/> is positioned on.</summary>
public enum BencodeToken
{
    /// <summary>No token: the reader is before the first token or after the end of the value.</summary>
    None,

    /// <summary>An integer, including its delimiters <c>i</c> and <c>e</c>.</summary>
    Number,

    /// <summary>A byte string that is a value.</summary>
    Bytes,

    /// <summary>A byte string that is a dictionary key.</summary>
    Key,

    /// <summary>The <c>l</c> that starts a list.</summary>
    ListStart,

    /// <summary>The <c>d</c> that starts a dictionary.</summary>
    DictionaryStart,

    /// <summary>The <c>e</c> that ends a list or dictionary.</summary>
    End,
}
