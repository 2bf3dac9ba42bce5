using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace TorrentPS.Protocol.Bencode;

/// <summary>Reads bencoded data (BEP 3) forward, token by token, without copying it.</summary>
/// <remarks>
/// The reader is not recursive, so nesting as deep as <see cref="BencodeLimits.MaxDepth"/> cannot overflow the stack. A
/// string whose length exceeds the remaining data is an error. Unsorted keys are accepted and reported by
/// <see cref="SawUnsortedKeys"/>. A key equal to the key before it is an error; equal keys that are not adjacent are
/// not detected. Every error is a <see cref="BencodeException"/> with its byte offset.
/// </remarks>
public ref struct BencodeReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly BencodeLimits _limits;
    private readonly bool _allowTrailing;
    private ShallowFrames _shallow;
    private Frame[]? _deep;
    private int _tokens;
    private int _contentStart;
    private int _contentLength;
    private bool _done;

    /// <summary>Creates a reader positioned before the first token.</summary>
    /// <param name="data">One bencoded value.</param>
    /// <param name="limits">Limits on the data, or null for <see cref="BencodeLimits.Default"/>.</param>
    /// <param name="allowTrailing">
    /// Whether data may follow the value, as in a metadata message (BEP 9). The data after the value starts at
    /// <see cref="Position"/> once the value has been read.
    /// </param>
    /// <exception cref="BencodeException">The data is longer than <see cref="BencodeLimits.MaxLength"/>.</exception>
    public BencodeReader(ReadOnlySpan<byte> data, BencodeLimits? limits = null, bool allowTrailing = false)
    {
        _data = data;
        _limits = limits ?? BencodeLimits.Default;
        _allowTrailing = allowTrailing;
        int limit = _limits.MaxLength;
        if (data.Length > limit)
        {
            throw Fail(
                BencodeError.TooLong, limit, $"The data is {data.Length} bytes long, over the limit of {limit} bytes.");
        }
    }

    /// <summary>
    /// Kind of the current token. It is <see cref="BencodeToken.None"/> before the first token and after the end of the
    /// value.
    /// </summary>
    public BencodeToken Token { get; private set; }

    /// <summary>Offset of the current token, in bytes from the start of the data.</summary>
    public int TokenStart { get; private set; }

    /// <summary>
    /// Offset of the next token, in bytes from the start of the data. After the last token, this is the length of the
    /// value.
    /// </summary>
    public int Position { get; private set; }

    /// <summary>
    /// Number of lists and dictionaries that contain the current position. A list or dictionary is counted when its
    /// start is the current token, but not when its end is.
    /// </summary>
    public int Depth { get; private set; }

    /// <summary>
    /// Whether any dictionary read so far has keys that are not sorted. BEP 3 requires keys to be sorted as raw bytes.
    /// </summary>
    public bool SawUnsortedKeys { get; private set; }

    /// <summary>
    /// The bytes of the current string or key, or the sign and digits of the current integer. For other tokens, the
    /// span is empty.
    /// </summary>
    public readonly ReadOnlySpan<byte> Content => _data.Slice(_contentStart, _contentLength);

    internal readonly ReadOnlySpan<byte> Data => _data;

    internal readonly int ContentStart => _contentStart;

    /// <summary>
    /// State of the innermost list or dictionary that has not ended. The states of the first eight levels are stored
    /// inline, and those of deeper levels in an array.
    /// </summary>
    [UnscopedRef]
    private ref Frame Top =>
        ref Depth <= ShallowFrames.Count ? ref _shallow[Depth - 1] : ref _deep![Depth - 1 - ShallowFrames.Count];

    /// <summary>
    /// Whether the dictionary that ended last has unsorted keys. It is false if a list ended last, or if no list or
    /// dictionary has ended yet.
    /// </summary>
    internal bool EndedUnsorted { get; private set; }

    /// <summary>Moves to the next token.</summary>
    /// <returns>True if there is a token; false at the end of the value.</returns>
    /// <exception cref="BencodeException">The data is malformed or exceeds a limit.</exception>
    public bool Read()
    {
        if (_done)
            return Finish();
        if (Position >= _data.Length)
            throw Fail(BencodeError.Truncated, Position, "Unexpected end of data inside a value.");
        if (++_tokens > _limits.MaxTokens)
            throw Fail(BencodeError.TooManyTokens, Position, $"The data has more than {_limits.MaxTokens} values.");
        TokenStart = Position;
        _contentLength = 0;
        byte first = _data[Position];
        if (first == (byte)'e' && Depth > 0)
            ReadEnd();
        else if (Depth > 0 && Top is { IsDictionary: true, HasKey: false })
            ReadKey(first);
        else
            ReadValue(first);
        _done = Depth == 0;
        return true;
    }

    /// <summary>
    /// Moves to the last token of the current value. A list or dictionary is read up to its end. A string or integer is
    /// a single token, so the reader does not move. If the current token is a key, the value after it is skipped.
    /// </summary>
    /// <returns>The byte range of the value in the data.</returns>
    /// <exception cref="BencodeException">
    /// The data is malformed or exceeds a limit, or the reader is not positioned on a value.
    /// </exception>
    public Range SkipValue()
    {
        if (Token == BencodeToken.Key)
            Read();
        int start = TokenStart;
        if (Token is BencodeToken.ListStart or BencodeToken.DictionaryStart)
        {
            int outside = Depth - 1;
            while (Depth > outside)
                Read();
        }
        else if (Token is not (BencodeToken.Number or BencodeToken.Bytes))
        {
            throw Fail(BencodeError.WrongType, Position, "The reader is not positioned on a value.");
        }

        return start..Position;
    }

    /// <summary>Returns whether the current token is the dictionary key <paramref name="key"/>.</summary>
    public readonly bool IsKey(ReadOnlySpan<byte> key) => Token == BencodeToken.Key && Content.SequenceEqual(key);

    /// <summary>Gets the value of the current integer.</summary>
    /// <returns>False if the current token is not an integer, or the integer does not fit in 64 bits.</returns>
    public readonly bool TryGetInt64(out long value)
    {
        value = 0;
        return Token == BencodeToken.Number
            && Utf8Parser.TryParse(Content, out value, out int used)
            && used == _contentLength;
    }

    /// <summary>Returns the value of the current integer.</summary>
    /// <exception cref="BencodeException">
    /// The current token is not an integer, or the integer does not fit in 64 bits.
    /// </exception>
    public readonly long GetInt64()
    {
        if (Token != BencodeToken.Number)
            throw Fail(BencodeError.WrongType, TokenStart, "The value is not an integer.");
        return TryGetInt64(out long value)
            ? value
            : throw Fail(BencodeError.IntegerOverflow, TokenStart, "The integer does not fit in 64 bits.");
    }

    /// <summary>Returns the current string or key decoded as UTF-8. Invalid sequences become U+FFFD.</summary>
    /// <exception cref="BencodeException">The current token is neither a string nor a key.</exception>
    public readonly string GetText() =>
        Token is BencodeToken.Bytes or BencodeToken.Key
            ? Encoding.UTF8.GetString(Content)
            : throw Fail(BencodeError.WrongType, TokenStart, "The value is not a string.");

    private static BencodeException Fail(BencodeError error, int offset, string message) => new(error, offset, message);

    private bool Finish()
    {
        if (Position != _data.Length && !_allowTrailing)
            throw Fail(BencodeError.TrailingData, Position, "Unexpected data after the value.");
        Token = BencodeToken.None;
        return false;
    }

    private void ReadEnd()
    {
        ref Frame frame = ref Top;
        if (frame.HasKey)
            throw Fail(BencodeError.MissingValue, Position, "A dictionary ends after a key that has no value.");
        EndedUnsorted = frame.Unsorted;
        Position++;
        Depth--;
        Token = BencodeToken.End;
        ValueRead();
    }

    private void ReadKey(byte first)
    {
        if (!char.IsAsciiDigit((char)first))
            throw Fail(BencodeError.KeyIsNotAString, Position, "A dictionary key is not a string.");
        ReadBytes();
        Token = BencodeToken.Key;
        ref Frame frame = ref Top;
        if (frame.KeyStart > 0)
        {
            int order = _data.Slice(frame.KeyStart, frame.KeyLength).SequenceCompareTo(Content);
            if (order == 0)
                throw Fail(BencodeError.DuplicateKey, TokenStart, "A dictionary contains the same key twice.");
            if (order > 0)
                SawUnsortedKeys = frame.Unsorted = true;
        }

        frame.KeyStart = _contentStart;
        frame.KeyLength = _contentLength;
        frame.HasKey = true;
    }

    private void ReadValue(byte first)
    {
        switch ((char)first)
        {
            case 'i':
                ReadNumber();
                break;
            case 'l':
                Open(BencodeToken.ListStart);
                return;
            case 'd':
                Open(BencodeToken.DictionaryStart);
                return;
            case >= '0' and <= '9':
                ReadBytes();
                Token = BencodeToken.Bytes;
                break;
            default:
                throw Fail(
                    BencodeError.UnexpectedByte, Position, $"Unexpected byte 0x{first:x2} at the start of a value.");
        }

        ValueRead();
    }

    private void Open(BencodeToken token)
    {
        if (Depth >= _limits.MaxDepth)
        {
            string message = $"Lists and dictionaries are nested deeper than {_limits.MaxDepth} levels.";
            throw Fail(BencodeError.TooDeep, Position, message);
        }

        int deep = ++Depth - ShallowFrames.Count;
        if (deep > (_deep?.Length ?? 0))
            Array.Resize(ref _deep, deep * 2);
        Top = new Frame { IsDictionary = token == BencodeToken.DictionaryStart };
        Token = token;
        Position++;
    }

    private void ValueRead()
    {
        if (Depth > 0)
            Top.HasKey = false;
    }

    private void ReadNumber()
    {
        ReadOnlySpan<byte> rest = _data[(Position + 1)..];
        int at = rest.Length > 0 && rest[0] == (byte)'-' ? 1 : 0;
        int firstDigit = at;
        while (at < rest.Length && char.IsAsciiDigit((char)rest[at]))
            at++;
        if (at == rest.Length)
            throw Fail(BencodeError.Truncated, Position, "Unexpected end of data inside an integer.");
        int digits = at - firstDigit;
        bool leadingZero = digits > 0 && rest[firstDigit] == (byte)'0' && (digits > 1 || firstDigit == 1);
        if (rest[at] != (byte)'e' || digits == 0 || leadingZero)
            throw Fail(BencodeError.InvalidInteger, Position, "Invalid integer.");
        _contentStart = Position + 1;
        _contentLength = at;
        Position += at + 2;
        Token = BencodeToken.Number;
    }

    private void ReadBytes()
    {
        ReadOnlySpan<byte> rest = _data[Position..];
        long length = 0;
        int at = 0;
        while (at < rest.Length && char.IsAsciiDigit((char)rest[at]))
        {
            length = (length * 10) + (rest[at++] - '0');
            if (length > int.MaxValue || (at > 1 && rest[0] == (byte)'0'))
                throw Fail(BencodeError.InvalidStringLength, Position, "Invalid string length.");
        }

        if (at == rest.Length)
            throw Fail(BencodeError.Truncated, Position, "Unexpected end of data inside a string length.");
        if (rest[at] != (byte)':')
            throw Fail(BencodeError.InvalidStringLength, Position, "Invalid string length.");
        if (length > _limits.MaxStringLength)
        {
            string message = $"A string is {length} bytes long, over the limit of {_limits.MaxStringLength} bytes.";
            throw Fail(BencodeError.TooLong, Position, message);
        }

        int remaining = rest.Length - at - 1;
        if (length > remaining)
        {
            string message =
                $"Unexpected end of data: a string has length {length}, but only {remaining} bytes follow.";
            throw Fail(BencodeError.Truncated, Position, message);
        }

        _contentStart = Position + at + 1;
        _contentLength = (int)length;
        Position = _contentStart + _contentLength;
    }

    private struct Frame
    {
        public int KeyStart;
        public int KeyLength;
        public bool IsDictionary;
        public bool HasKey;
        public bool Unsorted;
    }

    [InlineArray(Count)]
    private struct ShallowFrames
    {
        public const int Count = 8;

        private Frame _first;
    }
}
