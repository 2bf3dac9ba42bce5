namespace TorrentPS;

/// <summary>An immutable item of the DHT (BEP 44): a value that is found by its hash.</summary>
public sealed class TorrentDhtItem
{
    internal TorrentDhtItem(string target, byte[] bencoded, object value)
    {
        Target = target;
        Value = value;
        Bencoded = bencoded;
    }

    /// <summary>The SHA-1 of the bencoded value in lower-case hex, by which it is found.</summary>
    public string Target { get; }

    /// <summary>The value: a string, bytes where they are no text, a number, an array or a dictionary.</summary>
    public object Value { get; }

    /// <summary>The value as it travels.</summary>
    public byte[] Bencoded { get; }

    /// <summary>The length of the bencoded value in bytes.</summary>
    public int Size => Bencoded.Length;

    /// <summary>The target.</summary>
    public override string ToString() => Target;
}
