using System.Buffers;
using System.Text;

namespace TorrentPS.Protocol.Tests.Metainfo;

/// <summary>Bencodes plain objects: integers, strings, byte arrays, lists and <see cref="Dict"/>.</summary>
internal static class B
{
    public static byte[] Encode(object value)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> output, object value)
    {
        switch (value)
        {
            case int or long:
                output.Write(Encoding.ASCII.GetBytes($"i{value}e"));
                break;
            case string text:
                Write(output, Encoding.UTF8.GetBytes(text));
                break;
            case byte[] bytes:
                output.Write(Encoding.ASCII.GetBytes($"{bytes.Length}:"));
                output.Write(bytes);
                break;
            case Dict dictionary:
                output.Write("d"u8);
                foreach ((byte[] key, object item) in dictionary.InOrder())
                {
                    Write(output, key);
                    Write(output, item);
                }

                output.Write("e"u8);
                break;
            case System.Collections.IEnumerable list:
                output.Write("l"u8);
                foreach (object item in list)
                    Write(output, item);
                output.Write("e"u8);
                break;
            default:
                throw new ArgumentException(value.ToString());
        }
    }
}

/// <summary>A dictionary to encode. Keys are sorted when written, unless sorting is turned off.</summary>
internal sealed class Dict : System.Collections.IEnumerable
{
    private readonly List<(byte[] Key, object Value)> _entries = [];

    public bool KeepOrder { get; init; }

    public object this[string key]
    {
        get => _entries.First(e => Encoding.UTF8.GetString(e.Key) == key).Value;
        set
        {
            Remove(key);
            Add(key, value);
        }
    }

    public void Add(string key, object value) => Add(Encoding.UTF8.GetBytes(key), value);

    public void Add(byte[] key, object value) => _entries.Add((key, value));

    public void Remove(string key) => _entries.RemoveAll(e => Encoding.UTF8.GetString(e.Key) == key);

    public IEnumerable<(byte[] Key, object Value)> InOrder() =>
        KeepOrder
            ? _entries
            : _entries.OrderBy(e => e.Key, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));

    public System.Collections.IEnumerator GetEnumerator() => _entries.GetEnumerator();
}
