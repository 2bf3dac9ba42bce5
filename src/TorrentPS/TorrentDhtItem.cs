using System.Management.Automation;

namespace TorrentPS;

/// <summary>An immutable item of the DHT (BEP 44): a value that is stored under its SHA-1.</summary>
public sealed class TorrentDhtItem
{
    internal TorrentDhtItem(string target, byte[] bencoded, object value)
    {
        Target = target;
        Value = FlatText.Of(value);
        Bencoded = (PSObject)FlatText.Of(bencoded);
        Size = bencoded.Length;
    }

    /// <summary>SHA-1 of the bencoded value in lower-case hexadecimal.</summary>
    public string Target { get; }

    /// <summary>
    /// The decoded value: a string, a byte array, an integer, an array or a dictionary. A byte string that is not
    /// printable UTF-8 is a byte array.
    /// </summary>
    public object Value { get; }

    /// <summary>The bencoded value, a byte array. Export-Csv writes it in hexadecimal.</summary>
    public PSObject Bencoded { get; }

    /// <summary>Length of the bencoded value in bytes.</summary>
    public int Size { get; }

    /// <summary>Returns the target.</summary>
    public override string ToString() => Target;
}
