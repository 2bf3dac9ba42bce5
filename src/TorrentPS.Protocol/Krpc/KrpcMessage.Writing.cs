using System.Buffers.Text;

namespace TorrentPS.Protocol.Krpc;

public readonly ref partial struct KrpcMessage
{
    /// <summary>Writes the message as canonical bencoding.</summary>
    /// <param name="destination">The buffer to write to, usually of <see cref="MaxLength"/> bytes.</param>
    /// <returns>The number of bytes written, or 0 if the buffer is too short.</returns>
    public int Write(Span<byte> destination)
    {
        var output = new Output(destination);
        output.Raw("d"u8);
        if (Kind == KrpcKind.Query)
            WriteArguments(ref output);
        else if (Kind == KrpcKind.Error)
            WriteError(ref output);
        output.Bytes("2:ip"u8, ExternalAddress);
        if (Kind == KrpcKind.Query)
            output.Bytes("1:q"u8, NameOf(Method));
        else if (Kind == KrpcKind.Response)
            WriteResults(ref output);
        output.Flag("2:ro"u8, IsReadOnly);
        output.Bytes("1:t"u8, TransactionId);
        output.Bytes("1:v"u8, Version);
        output.Raw(Kind switch { KrpcKind.Query => "1:y1:q"u8, KrpcKind.Response => "1:y1:r"u8, _ => "1:y1:e"u8 });
        output.Raw("e"u8);
        return output.Length;
    }

    internal static ReadOnlySpan<byte> NameOf(KrpcMethod method) => method switch
    {
        KrpcMethod.Ping => "ping"u8,
        KrpcMethod.FindNode => "find_node"u8,
        KrpcMethod.GetPeers => "get_peers"u8,
        KrpcMethod.AnnouncePeer => "announce_peer"u8,
        KrpcMethod.Get => "get"u8,
        KrpcMethod.Put => "put"u8,
        KrpcMethod.SampleInfoHashes => "sample_infohashes"u8,
        _ => [],
    };

    private void WriteArguments(ref Output output)
    {
        bool isAboutPeers = Method is KrpcMethod.GetPeers or KrpcMethod.AnnouncePeer;
        output.Raw("1:ad"u8);
        output.Id("2:id"u8, Id);
        output.Flag("12:implied_port"u8, ImpliedPort);
        output.Id("9:info_hash"u8, isAboutPeers ? Target : null);
        output.Flag("6:noseed"u8, NoSeed);
        output.Padding("3:pad"u8, Padding);
        output.Number("4:port"u8, Port);
        output.Flag("6:scrape"u8, Scrape);
        output.Flag("4:seed"u8, IsSeed);
        output.Id("6:target"u8, isAboutPeers ? null : Target);
        output.Bytes("5:token"u8, Token);
        output.Value("1:v"u8, Value);
        output.Value("4:want"u8, Want switch
        {
            WantedNodes.IPv4 => "l2:n4e"u8,
            WantedNodes.IPv6 => "l2:n6e"u8,
            WantedNodes.IPv4 | WantedNodes.IPv6 => "l2:n42:n6e"u8,
            _ => default,
        });
        output.Raw("e"u8);
    }

    private void WriteResults(ref Output output)
    {
        output.Raw("1:rd"u8);
        output.Bytes("4:BFpe"u8, PeerFilter);
        output.Bytes("4:BFsd"u8, SeedFilter);
        output.Id("2:id"u8, Id);
        output.Number("8:interval"u8, Interval);
        output.Bytes("5:nodes"u8, Nodes);
        output.Bytes("6:nodes6"u8, Nodes6);
        output.Number("3:num"u8, Count);
        if (HasSamples && Samples.IsEmpty)
            output.Raw("7:samples0:"u8);
        output.Bytes("7:samples"u8, Samples);
        output.Bytes("5:token"u8, Token);
        output.Value("1:v"u8, Value);
        output.Value("6:values"u8, Values);
        output.Raw("e"u8);
    }

    private void WriteError(ref Output output)
    {
        output.Raw("1:el"u8);
        output.Number([], (int)ErrorCode);
        output.String(ErrorText);
        output.Raw("e"u8);
    }

    /// <summary>
    /// Writes bencoded keys and values to a span. A key with an empty, null or false value is omitted.
    /// <see cref="Length"/> is 0 if the span is too short.
    /// </summary>
    private ref struct Output(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;
        private bool _overflow;
        private int _length;

        public readonly int Length => _overflow ? 0 : _length;

        public void Raw(scoped ReadOnlySpan<byte> bytes)
        {
            _overflow |= bytes.Length > _destination.Length - _length;
            if (_overflow)
                return;
            bytes.CopyTo(_destination[_length..]);
            _length += bytes.Length;
        }

        public void String(scoped ReadOnlySpan<byte> content)
        {
            Digits(content.Length);
            Raw(":"u8);
            Raw(content);
        }

        public void Bytes(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content)
        {
            if (content.IsEmpty)
                return;
            Raw(key);
            String(content);
        }

        public void Padding(ReadOnlySpan<byte> key, int length)
        {
            if (length == 0)
                return;
            Raw(key);
            Digits(length);
            Raw(":"u8);
            _overflow |= length > _destination.Length - _length;
            if (_overflow)
                return;
            _destination.Slice(_length, length).Clear();
            _length += length;
        }

        public void Id(ReadOnlySpan<byte> key, NodeId? id)
        {
            if (id is not { } value)
                return;
            Span<byte> bytes = stackalloc byte[NodeId.Length];
            value.CopyTo(bytes);
            Raw(key);
            Raw("20:"u8);
            Raw(bytes);
        }

        public void Number(ReadOnlySpan<byte> key, int? number)
        {
            if (number is not { } value)
                return;
            Raw(key);
            Raw("i"u8);
            Digits(value);
            Raw("e"u8);
        }

        public void Flag(ReadOnlySpan<byte> key, bool value)
        {
            if (!value)
                return;
            Raw(key);
            Raw("i1e"u8);
        }

        public void Value(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bencoded)
        {
            if (bencoded.IsEmpty)
                return;
            Raw(key);
            Raw(bencoded);
        }

        private void Digits(int value)
        {
            Span<byte> digits = stackalloc byte[11];
            Utf8Formatter.TryFormat(value, digits, out int written);
            Raw(digits[..written]);
        }
    }
}
