using System.Runtime.InteropServices;

namespace TorrentPS.Protocol.Bencode;

/// <summary>
/// Parsed bencoded data: a flat list of its values and keys, in the order of the data. Strings are slices of the data,
/// not copies.
/// </summary>
internal sealed class BencodeDocument
{
    private readonly List<Node> _nodes = [];

    private BencodeDocument(ReadOnlyMemory<byte> data) => Data = data;

    public ReadOnlyMemory<byte> Data { get; }

    public bool KeysAreSorted { get; private set; }

    public ref readonly Node this[int index] => ref CollectionsMarshal.AsSpan(_nodes)[index];

    public static BencodeDocument Parse(ReadOnlyMemory<byte> data, BencodeLimits? limits, bool allowTrailing)
    {
        var document = new BencodeDocument(data);
        document.Fill(new BencodeReader(data.Span, limits, allowTrailing));
        return document;
    }

    private void Fill(BencodeReader reader)
    {
        var open = new Stack<int>();
        while (reader.Read())
        {
            switch (reader.Token)
            {
                case BencodeToken.End:
                    Close(open.Pop(), reader.Position, reader.EndedUnsorted);
                    break;
                case BencodeToken.ListStart or BencodeToken.DictionaryStart:
                    open.Push(_nodes.Count);
                    _nodes.Add(new Node(KindOf(reader.Token), reader.TokenStart, 0, 0, 0));
                    break;
                default:
                    int length = reader.Content.Length;
                    int next = _nodes.Count + 1;
                    _nodes.Add(new Node(
                        KindOf(reader.Token), reader.TokenStart, reader.Position, reader.ContentStart, length, next));
                    break;
            }
        }

        KeysAreSorted = !reader.SawUnsortedKeys;
    }

    private void Close(int index, int end, bool unsorted)
    {
        _nodes[index] = _nodes[index] with { End = end, Next = _nodes.Count };
        if (unsorted)
            ThrowIfKeyIsRepeated(index);
    }

    /// <summary>
    /// Throws if a dictionary with unsorted keys contains a key twice. The reader compares only adjacent keys, so this
    /// method sorts the keys and compares them again.
    /// </summary>
    private void ThrowIfKeyIsRepeated(int dictionary)
    {
        var keys = new List<int>();
        for (int key = dictionary + 1; key < _nodes.Count; key = _nodes[key + 1].Next)
            keys.Add(key);
        keys.Sort((a, b) => Content(a).SequenceCompareTo(Content(b)));
        for (int i = 1; i < keys.Count; i++)
        {
            if (!Content(keys[i - 1]).SequenceEqual(Content(keys[i])))
                continue;
            int later = Math.Max(keys[i], keys[i - 1]);
            throw new BencodeException(
                BencodeError.DuplicateKey, _nodes[later].Start, "A dictionary contains the same key twice.");
        }
    }

    private ReadOnlySpan<byte> Content(int node) =>
        Data.Span.Slice(_nodes[node].ContentStart, _nodes[node].ContentLength);

    private static BencodeKind KindOf(BencodeToken token) => token switch
    {
        BencodeToken.Number => BencodeKind.Number,
        BencodeToken.ListStart => BencodeKind.List,
        BencodeToken.DictionaryStart => BencodeKind.Dictionary,
        _ => BencodeKind.Bytes,
    };

    /// <summary>
    /// One value or key. Its encoding starts at <c>Start</c> in the data and ends before <c>End</c>. <c>Next</c> is the
    /// list index of the first value or key after this one and everything inside it.
    /// </summary>
    internal readonly record struct Node(
        BencodeKind Kind, int Start, int End, int ContentStart, int ContentLength, int Next = 0);
}
