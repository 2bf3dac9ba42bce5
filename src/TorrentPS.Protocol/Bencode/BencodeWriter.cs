using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace TorrentPS.Protocol.Bencode;

/// <summary>Writes canonical bencoding (BEP 3): the writer refuses keys that are not in order and values where none may stand.</summary>
public sealed class BencodeWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly Stack<Frame> _open = new();

    /// <summary>A writer that appends to <paramref name="output"/>.</summary>
    public BencodeWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>How many lists and dictionaries are open.</summary>
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

    /// <summary>Writes a string of bytes.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        BeginValue();
        WriteString(value);
    }

    /// <summary>Writes text as UTF-8.</summary>
    public void WriteText(string value) => WriteBytes(Encoding.UTF8.GetBytes(value));

    /// <summary>Writes a value that is bencoded already, as it is.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bencoded)
    {
        BeginValue();
        _output.Write(bencoded);
    }

    /// <summary>Opens a list; <see cref="End"/> closes it.</summary>
    public void BeginList()
    {
        BeginValue();
        _output.Write("l"u8);
        _open.Push(new Frame(IsDictionary: false));
    }

    /// <summary>Opens a dictionary; keys follow in the order of their bytes, each with its value; <see cref="End"/> closes it.</summary>
    public void BeginDictionary()
    {
        BeginValue();
        _output.Write("d"u8);
        _open.Push(new Frame(IsDictionary: true));
    }

    /// <summary>Writes a dictionary's next key.</summary>
    /// <exception cref="InvalidOperationException">No dictionary expects a key, or the key does not come after the one before it.</exception>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        if (!_open.TryPeek(out Frame? frame) || !frame.IsDictionary || frame.HasKey)
            throw new InvalidOperationException("No key may stand here.");
        if (frame.LastKey is { } last && last.AsSpan().SequenceCompareTo(key) >= 0)
            throw new InvalidOperationException($"The key '{Encoding.UTF8.GetString(key)}' does not sort after '{Encoding.UTF8.GetString(last)}'.");
        frame.LastKey = key.ToArray();
        frame.HasKey = true;
        WriteString(key);
    }

    /// <summary>Writes a dictionary's next key with an integer.</summary>
    public void WriteNumber(ReadOnlySpan<byte> key, long value)
    {
        WriteKey(key);
        WriteNumber(value);
    }

    /// <summary>Writes a dictionary's next key with a string of bytes.</summary>
    public void WriteBytes(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        WriteKey(key);
        WriteBytes(value);
    }

    /// <summary>Writes a dictionary's next key with text.</summary>
    public void WriteText(ReadOnlySpan<byte> key, string value)
    {
        WriteKey(key);
        WriteText(value);
    }

    /// <summary>Closes the innermost list or dictionary.</summary>
    /// <exception cref="InvalidOperationException">None is open, or a key waits for its value.</exception>
    public void End()
    {
        if (!_open.TryPeek(out Frame? frame) || frame.HasKey)
            throw new InvalidOperationException("Nothing can end here.");
        _open.Pop();
        _output.Write("e"u8);
    }

    private void BeginValue()
    {
        if (!_open.TryPeek(out Frame? frame) || !frame.IsDictionary)
            return;
        if (!frame.HasKey)
            throw new InvalidOperationException("A dictionary expects a key here.");
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
