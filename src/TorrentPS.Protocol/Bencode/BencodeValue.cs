using System.Buffers.Text;
using System.Text;

namespace TorrentPS.Protocol.Bencode;

/// <summary>A value in bencoded data (BEP 3). Its strings and raw bytes are slices of the data, not copies.</summary>
public readonly struct BencodeValue
{
    private readonly BencodeDocument _document;
    private readonly int _index;

    private BencodeValue(BencodeDocument document, int index)
    {
        _document = document;
        _index = index;
    }

    /// <summary>Type of the value. It is <see cref="BencodeKind.None"/> for <c>default(BencodeValue)</c>.</summary>
    public BencodeKind Kind => _document is null ? BencodeKind.None : Node.Kind;

    /// <summary>Offset of the encoded value, in bytes from the start of the data.</summary>
    public int Offset => Node.Start;

    /// <summary>The encoded value, byte for byte as in the data.</summary>
    public ReadOnlyMemory<byte> Raw => _document.Data[Node.Start..Node.End];

    /// <summary>
    /// Whether all dictionaries of the parsed data have keys that are sorted as raw bytes. Dictionaries outside this
    /// value are included.
    /// </summary>
    public bool KeysAreSorted => _document.KeysAreSorted;

    /// <summary>The bytes of this byte string, without the length prefix.</summary>
    /// <exception cref="BencodeException">The value is not a byte string.</exception>
    public ReadOnlyMemory<byte> Bytes => Is(BencodeKind.Bytes).Content;

    private ref readonly BencodeDocument.Node Node => ref _document[_index];

    private ReadOnlyMemory<byte> Content => _document.Data.Slice(Node.ContentStart, Node.ContentLength);

    /// <summary>Parses data that consists of exactly one value.</summary>
    /// <exception cref="BencodeException">The data is malformed or exceeds a limit.</exception>
    public static BencodeValue Parse(ReadOnlyMemory<byte> data, BencodeLimits? limits = null) =>
        new(BencodeDocument.Parse(data, limits, allowTrailing: false), 0);

    /// <summary>Parses the first value of the data. Other data may follow it.</summary>
    /// <exception cref="BencodeException">The data is malformed or exceeds a limit.</exception>
    internal static BencodeValue ParseFirst(ReadOnlyMemory<byte> data, BencodeLimits? limits) =>
        new(BencodeDocument.Parse(data, limits, allowTrailing: true), 0);

    /// <summary>Gets this value as an integer.</summary>
    /// <returns>False if this value is not an integer, or does not fit in 64 bits.</returns>
    public bool TryGetInt64(out long value)
    {
        value = 0;
        return Kind == BencodeKind.Number
            && Utf8Parser.TryParse(Content.Span, out value, out int used)
            && used == Node.ContentLength;
    }

    /// <summary>Returns this value as an integer.</summary>
    /// <exception cref="BencodeException">The value is not an integer, or does not fit in 64 bits.</exception>
    public long GetInt64() =>
        Is(BencodeKind.Number).TryGetInt64(out long value)
            ? value
            : throw new BencodeException(BencodeError.IntegerOverflow, Offset, "The integer does not fit in 64 bits.");

    /// <summary>Returns this byte string decoded as UTF-8. Invalid sequences become U+FFFD.</summary>
    /// <exception cref="BencodeException">The value is not a byte string.</exception>
    public string GetText() => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>Enumerates the values in this list.</summary>
    /// <exception cref="BencodeException">The value is not a list.</exception>
    public IEnumerable<BencodeValue> Items()
    {
        _ = Is(BencodeKind.List);
        return Walk(_document, _index);

        static IEnumerable<BencodeValue> Walk(BencodeDocument document, int list)
        {
            int end = document[list].Next;
            for (int at = list + 1; at < end; at = document[at].Next)
                yield return new BencodeValue(document, at);
        }
    }

    /// <summary>
    /// Enumerates the entries of this dictionary, in the order of the data. Every key is a byte string.
    /// </summary>
    /// <exception cref="BencodeException">The value is not a dictionary.</exception>
    public IEnumerable<(BencodeValue Key, BencodeValue Value)> Entries()
    {
        _ = Is(BencodeKind.Dictionary);
        return Walk(_document, _index);

        static IEnumerable<(BencodeValue Key, BencodeValue Value)> Walk(BencodeDocument document, int dictionary)
        {
            int end = document[dictionary].Next;
            for (int at = dictionary + 1; at < end; at = document[at + 1].Next)
                yield return (new BencodeValue(document, at), new BencodeValue(document, at + 1));
        }
    }

    /// <summary>
    /// Gets the value under a key of this dictionary. The time is proportional to the number of keys.
    /// </summary>
    /// <returns>False if the key is absent or this value is not a dictionary.</returns>
    public bool TryGet(ReadOnlySpan<byte> key, out BencodeValue value)
    {
        value = default;
        if (Kind != BencodeKind.Dictionary)
            return false;
        int end = Node.Next;
        for (int at = _index + 1; at < end; at = _document[at + 1].Next)
        {
            var candidate = new BencodeValue(_document, at);
            if (!candidate.Content.Span.SequenceEqual(key))
                continue;
            value = new BencodeValue(_document, at + 1);
            return true;
        }

        return false;
    }

    /// <summary>
    /// Returns the byte string under a key of this dictionary. Returns null if the key is absent, its value is not a
    /// byte string, or this value is not a dictionary.
    /// </summary>
    public ReadOnlyMemory<byte>? BytesAt(ReadOnlySpan<byte> key) =>
        TryGet(key, out BencodeValue value) && value.Kind == BencodeKind.Bytes
            ? value.Content
            : default(ReadOnlyMemory<byte>?);

    /// <summary>
    /// Returns the integer under a key of this dictionary. Returns null if the key is absent, its value is not an
    /// integer in the given range, or this value is not a dictionary.
    /// </summary>
    /// <param name="key">The key, as raw bytes.</param>
    /// <param name="min">Smallest value accepted.</param>
    /// <param name="max">Largest value accepted.</param>
    public long? NumberAt(ReadOnlySpan<byte> key, long min = long.MinValue, long max = long.MaxValue) =>
        TryGet(key, out BencodeValue value) && value.TryGetInt64(out long number) && number >= min && number <= max
            ? number
            : null;

    private BencodeValue Is(BencodeKind kind)
    {
        if (Kind == kind)
            return this;
        int offset = Kind == BencodeKind.None ? 0 : Offset;
        throw new BencodeException(BencodeError.WrongType, offset, $"Expected a value of type {kind}, found {Kind}.");
    }
}

/// <summary>Type of a bencoded value (BEP 3).</summary>
public enum BencodeKind
{
    /// <summary>No value. This is the type of <c>default(BencodeValue)</c>.</summary>
    None,

    /// <summary>An integer with any number of digits.</summary>
    Number,

    /// <summary>A byte string.</summary>
    Bytes,

    /// <summary>A list of values.</summary>
    List,

    /// <summary>A dictionary with byte strings as keys.</summary>
    Dictionary,
}
