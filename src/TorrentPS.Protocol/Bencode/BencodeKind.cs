namespace TorrentPS.Protocol.Bencode;

/// <summary>The four types of bencoding (BEP 3).</summary>
public enum BencodeKind
{
    /// <summary>No value at all: what <c>default(BencodeValue)</c> is.</summary>
    None,

    /// <summary>An integer of any size.</summary>
    Number,

    /// <summary>A string of bytes.</summary>
    Bytes,

    /// <summary>A list of values.</summary>
    List,

    /// <summary>A dictionary from strings of bytes to values.</summary>
    Dictionary,
}
