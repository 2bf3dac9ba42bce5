using System.Buffers.Text;
using System.Text;

namespace TorrentPS.Protocol.Bencode;

/// <summary>One value of bencoded data (BEP 3) and the exact bytes it came from; nothing is copied.</summary>
public readonly struct BencodeValue
{
    private readonly BencodeDocument _document;
    private readonly int _index;

    private BencodeValue(BencodeDocument document, int index)
    {
        _document = document;
        _index = index;
    }

    /// <summary>The value's type; <see cref="BencodeKind.None"/> for the default value.</summary>
    public BencodeKind Kind => _document is null ? BencodeKind.None : Node.Kind;

    /// <summary>Where the value begins, in bytes from the start of the data.</summary>
    public int Offset => Node.Start;

    /// <summary>The exact bytes of the value, as they stand in the data.</summary>
    public ReadOnlyMemory<byte> Raw => _document.Data[Node.Start..Node.End];

    /// <summary>Whether every dictionary of the data this value is part of had its keys sorted as raw bytes.</summary>
    public bool KeysAreSorted => _document.KeysAreSorted;

    /// <summary>A string's bytes.</summary>
    /// <exception cref="BencodeException">The value is no string.</exception>
    public ReadOnlyMemory<byte> Bytes => Is(BencodeKind.Bytes).Content;

    private ref readonly BencodeDocument.Node Node => ref _document[_index];

    private ReadOnlyMemory<byte> Content => _document.Data.Slice(Node.ContentStart, Node.ContentLength);

    /// <summary>Reads exactly one value.</summary>
    /// <exception cref="BencodeException">The data is malformed or goes beyond a limit.</exception>
    public static BencodeValue Parse(ReadOnlyMemory<byte> data, BencodeLimits? limits = null) => new(BencodeDocument.Parse(data, limits), 0);

    /// <summary>A number, when the value is one and fits 64 bits.</summary>
    public bool TryGetInt64(out long value)
    {
        value = 0;
        return Kind == BencodeKind.Number && Utf8Parser.TryParse(Content.Span, out value, out int used) && used == Node.ContentLength;
    }

    /// <summary>A number.</summary>
    /// <exception cref="BencodeException">The value is no number, or does not fit 64 bits.</exception>
    public long GetInt64() =>
        Is(BencodeKind.Number).TryGetInt64(out long value)
            ? value
            : throw new BencodeException(BencodeError.IntegerOverflow, Offset, "The integer does not fit 64 bits.");

    /// <summary>A string's bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD.</summary>
    /// <exception cref="BencodeException">The value is no string.</exception>
    public string GetText() => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>A list's values.</summary>
    /// <exception cref="BencodeException">The value is no list.</exception>
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

    /// <summary>A dictionary's keys, each a string, with their values, in the order of the data.</summary>
    /// <exception cref="BencodeException">The value is no dictionary.</exception>
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

    /// <summary>Looks a key up; false too when the value is no dictionary. Linear in the number of keys.</summary>
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

    /// <summary>A dictionary's string under a key; null when there is none, as when the value is something else or this is no dictionary.</summary>
    public ReadOnlyMemory<byte>? BytesAt(ReadOnlySpan<byte> key) =>
        TryGet(key, out BencodeValue value) && value.Kind == BencodeKind.Bytes ? value.Content : default(ReadOnlyMemory<byte>?);

    /// <summary>A dictionary's number under a key; null when there is none in that range, as when the value is something else or this is no dictionary.</summary>
    /// <param name="key">The key.</param>
    /// <param name="min">The least that counts.</param>
    /// <param name="max">The most that counts.</param>
    public long? NumberAt(ReadOnlySpan<byte> key, long min = long.MinValue, long max = long.MaxValue) =>
        TryGet(key, out BencodeValue value) && value.TryGetInt64(out long number) && number >= min && number <= max ? number : null;

    private BencodeValue Is(BencodeKind kind) =>
        Kind == kind ? this : throw new BencodeException(BencodeError.WrongType, Kind == BencodeKind.None ? 0 : Offset, $"Expected {kind}, found {Kind}.");
}

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
