using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace TorrentPS.Protocol.Bencode;

/// <summary>
/// Writes canonical bencoding (BEP 3). The caller must write the keys of a dictionary in ascending byte order, each
/// followed by its value.
/// </summary>
/// <remarks>
/// In a dictionary, a key must be written before each value. Otherwise the method that writes the value throws
/// <see cref="InvalidOperationException"/>.
/// </remarks>
public sealed class BencodeWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly Stack<Frame> _open = new();

    /// <summary>Creates a writer that appends to <paramref name="output"/>.</summary>
    public BencodeWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>Number of lists and dictionaries that have been started and not ended.</summary>
    public int Depth => _open.Count;

    /// <summary>Writes an integer.</summary>
    public void WriteNumber(long value)
    {
        BeginValue();
        Span<byte> digits = stackalloc byte[22];
        digits[0] = (byte)'i';
        Utf8Formatter.TryFormat(value, digits[1..], out int written);
        digits[written + 1] = (byte)'e';
        _output.Write(digits[..(written + 2)]);
    }

    /// <summary>Writes a byte string.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        BeginValue();
        WriteString(value);
    }

    /// <summary>Writes a string as a byte string in UTF-8.</summary>
    public void WriteText(string value) => WriteBytes(Encoding.UTF8.GetBytes(value));

    /// <summary>Writes a value that is already encoded. The bytes are not checked for valid bencoding.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bencoded)
    {
        BeginValue();
        _output.Write(bencoded);
    }

    /// <summary>Starts a list. <see cref="End"/> ends it.</summary>
    public void BeginList()
    {
        BeginValue();
        _output.Write("l"u8);
        _open.Push(new Frame(IsDictionary: false));
    }

    /// <summary>Starts a dictionary. <see cref="End"/> ends it.</summary>
    public void BeginDictionary()
    {
        BeginValue();
        _output.Write("d"u8);
        _open.Push(new Frame(IsDictionary: true));
    }

    /// <summary>Writes the next key of a dictionary.</summary>
    /// <exception cref="InvalidOperationException">
    /// The current position is not in a dictionary, the previous key has no value yet, or the key does not sort after
    /// the previous one.
    /// </exception>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        if (!_open.TryPeek(out Frame? frame) || !frame.IsDictionary || frame.HasKey)
        {
            throw new InvalidOperationException(
                "A key is only allowed in a dictionary, at its start or after a value.");
        }

        if (frame.LastKey is { } last && last.AsSpan().SequenceCompareTo(key) >= 0)
        {
            throw new InvalidOperationException(
                $"The key '{Encoding.UTF8.GetString(key)}' does not sort after '{Encoding.UTF8.GetString(last)}'.");
        }

        frame.LastKey = key.ToArray();
        frame.HasKey = true;
        WriteString(key);
    }

    /// <summary>Writes the next key of a dictionary, and an integer as its value.</summary>
    public void WriteNumber(ReadOnlySpan<byte> key, long value)
    {
        WriteKey(key);
        WriteNumber(value);
    }

    /// <summary>Writes the next key of a dictionary, and a byte string as its value.</summary>
    public void WriteBytes(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        WriteKey(key);
        WriteBytes(value);
    }

    /// <summary>Writes the next key of a dictionary, and a text in UTF-8 as its value.</summary>
    public void WriteText(ReadOnlySpan<byte> key, string value)
    {
        WriteKey(key);
        WriteText(value);
    }

    /// <summary>Ends the innermost list or dictionary.</summary>
    /// <exception cref="InvalidOperationException">
    /// No list or dictionary is open, or the last key has no value.
    /// </exception>
    public void End()
    {
        if (!_open.TryPeek(out Frame? frame) || frame.HasKey)
            throw new InvalidOperationException("No list or dictionary is open, or the last key has no value.");
        _open.Pop();
        _output.Write("e"u8);
    }

    private void BeginValue()
    {
        if (!_open.TryPeek(out Frame? frame) || !frame.IsDictionary)
            return;
        if (!frame.HasKey)
            throw new InvalidOperationException("A dictionary expects a key, not a value.");
        frame.HasKey = false;
    }

    private void WriteString(ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[12];
        Utf8Formatter.TryFormat(value.Length, length, out int written);
        length[written] = (byte)':';
        _output.Write(length[..(written + 1)]);
        _output.Write(value);
    }

    private sealed record Frame(bool IsDictionary)
    {
        public byte[]? LastKey { get; set; }

        public bool HasKey { get; set; }
    }
}
