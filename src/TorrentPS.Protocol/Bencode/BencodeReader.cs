using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace TorrentPS.Protocol.Bencode;

/// <summary>
/// Reads bencoding (BEP 3) token by token, forward only, without copying: strings are slices of the data.
/// </summary>
/// <remarks>
/// Not recursive: the depth is a counter checked against <see cref="BencodeLimits.MaxDepth"/>. A string's length is compared with
/// what remains before it is used. Keys out of order are tolerated and reported by <see cref="SawUnsortedKeys"/>; a key that
/// repeats the one before it is refused. Every failure is a <see cref="BencodeException"/> with the byte offset.
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

    /// <summary>A reader standing before the first token.</summary>
    /// <param name="data">One bencoded value.</param>
    /// <param name="limits">The limits, or the default ones.</param>
    /// <param name="allowTrailing">Whether bytes may follow the value, as in a metadata message (BEP 9); see <see cref="Position"/>.</param>
    /// <exception cref="BencodeException">The data is longer than the limit.</exception>
    public BencodeReader(ReadOnlySpan<byte> data, BencodeLimits? limits = null, bool allowTrailing = false)
    {
        _data = data;
        _limits = limits ?? BencodeLimits.Default;
        _allowTrailing = allowTrailing;
        int limit = _limits.MaxLength;
        if (data.Length > limit)
            throw Fail(BencodeError.TooLong, limit, $"The data has {data.Length} bytes, more than the limit of {limit}.");
    }

    /// <summary>What the reader stands on.</summary>
    public BencodeToken Token { get; private set; }

    /// <summary>Where the current token begins, in bytes from the start of the data.</summary>
    public int TokenStart { get; private set; }

    /// <summary>Where the next token begins; after the last one, how many bytes the value took.</summary>
    public int Position { get; private set; }

    /// <summary>How many lists and dictionaries are open, the one that the current token opened included.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether a dictionary read so far had its keys out of order (BEP 3 wants them sorted as raw bytes).</summary>
    public bool SawUnsortedKeys { get; private set; }

    /// <summary>The bytes of the current string or key, or the digits of the current number.</summary>
    public readonly ReadOnlySpan<byte> Content => _data.Slice(_contentStart, _contentLength);

    /// <summary>All that is read from.</summary>
    internal readonly ReadOnlySpan<byte> Data => _data;

    /// <summary>Where <see cref="Content"/> begins, in bytes from the start of the data.</summary>
    internal readonly int ContentStart => _contentStart;

    /// <summary>The innermost open list or dictionary. Few are open mostly, and those few need no array.</summary>
    [UnscopedRef]
    private ref Frame Top => ref Depth <= ShallowFrames.Count ? ref _shallow[Depth - 1] : ref _deep![Depth - 1 - ShallowFrames.Count];

    /// <summary>Whether the dictionary that the current token ended had its keys out of order.</summary>
    internal bool EndedUnsorted { get; private set; }

    /// <summary>Goes to the next token.</summary>
    /// <returns>False after the end of the value.</returns>
    /// <exception cref="BencodeException">The data is malformed or goes beyond a limit.</exception>
    public bool Read()
    {
        if (_done)
            return Finish();
        if (Position >= _data.Length)
            throw Fail(BencodeError.Truncated, Position, "The data ends inside a value.");
        if (++_tokens > _limits.MaxTokens)
            throw Fail(BencodeError.TooManyTokens, Position, $"There are more than {_limits.MaxTokens} values.");
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
    /// Passes over a whole value: after a key, the value that follows it; on the start of a list or dictionary, all of it; on a
    /// string or number, just that. The reader then stands on the value's last token.
    /// </summary>
    /// <returns>The exact bytes of the value in the data.</returns>
    /// <exception cref="BencodeException">The data is malformed, or the reader stands on no value.</exception>
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
            throw Fail(BencodeError.WrongType, Position, "There is no value here.");
        }

        return start..Position;
    }

    /// <summary>Whether the current token is this key.</summary>
    public readonly bool IsKey(ReadOnlySpan<byte> key) => Token == BencodeToken.Key && Content.SequenceEqual(key);

    /// <summary>The current number, when it fits 64 bits.</summary>
    public readonly bool TryGetInt64(out long value)
    {
        value = 0;
        return Token == BencodeToken.Number && Utf8Parser.TryParse(Content, out value, out int used) && used == _contentLength;
    }

    /// <summary>The current number.</summary>
    /// <exception cref="BencodeException">The token is no number, or it does not fit 64 bits.</exception>
    public readonly long GetInt64()
    {
        if (Token != BencodeToken.Number)
            throw Fail(BencodeError.WrongType, TokenStart, "Expected an integer.");
        return TryGetInt64(out long value) ? value : throw Fail(BencodeError.IntegerOverflow, TokenStart, "The integer does not fit 64 bits.");
    }

    /// <summary>The current string or key as UTF-8 text; what is not UTF-8 becomes U+FFFD.</summary>
    /// <exception cref="BencodeException">The token is no string.</exception>
    public readonly string GetText() =>
        Token is BencodeToken.Bytes or BencodeToken.Key
            ? Encoding.UTF8.GetString(Content)
            : throw Fail(BencodeError.WrongType, TokenStart, "Expected a string.");

    private static BencodeException Fail(BencodeError error, int offset, string message) => new(error, offset, message);

    private bool Finish()
    {
        if (Position != _data.Length && !_allowTrailing)
            throw Fail(BencodeError.TrailingData, Position, "Bytes follow the value.");
        Token = BencodeToken.None;
        return false;
    }

    private void ReadEnd()
    {
        ref Frame frame = ref Top;
        if (frame.HasKey)
            throw Fail(BencodeError.MissingValue, Position, "A dictionary ends after a key.");
        EndedUnsorted = frame.Unsorted;
        Position++;
        Depth--;
        Token = BencodeToken.End;
        ValueRead();
    }

    private void ReadKey(byte first)
    {
        if (!char.IsAsciiDigit((char)first))
            throw Fail(BencodeError.KeyIsNotAString, Position, "A dictionary's key is not a string.");
        ReadBytes();
        Token = BencodeToken.Key;
        ref Frame frame = ref Top;
        if (frame.KeyStart > 0)
        {
            int order = _data.Slice(frame.KeyStart, frame.KeyLength).SequenceCompareTo(Content);
            if (order == 0)
                throw Fail(BencodeError.DuplicateKey, TokenStart, "A dictionary has the same key twice.");
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
                throw Fail(BencodeError.UnexpectedByte, Position, $"The byte 0x{first:x2} begins no value.");
        }

        ValueRead();
    }

    private void Open(BencodeToken token)
    {
        if (Depth >= _limits.MaxDepth)
            throw Fail(BencodeError.TooDeep, Position, $"Values are nested deeper than {_limits.MaxDepth} levels.");
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
            throw Fail(BencodeError.Truncated, Position, "The data ends inside an integer.");
        int digits = at - firstDigit;
        bool leadingZero = digits > 0 && rest[firstDigit] == (byte)'0' && (digits > 1 || firstDigit == 1);
        if (rest[at] != (byte)'e' || digits == 0 || leadingZero)
            throw Fail(BencodeError.InvalidInteger, Position, "An integer is malformed.");
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
                throw Fail(BencodeError.InvalidStringLength, Position, "A string's length is malformed.");
        }

        if (at == rest.Length)
            throw Fail(BencodeError.Truncated, Position, "The data ends inside a string's length.");
        if (rest[at] != (byte)':')
            throw Fail(BencodeError.InvalidStringLength, Position, "A string's length is malformed.");
        if (length > _limits.MaxStringLength)
            throw Fail(BencodeError.TooLong, Position, $"A string has {length} bytes, more than the limit of {_limits.MaxStringLength}.");
        if (length > rest.Length - at - 1)
            throw Fail(BencodeError.Truncated, Position, $"A string says it has {length} bytes, but only {rest.Length - at - 1} remain.");
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
