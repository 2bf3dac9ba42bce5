using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Krpc;

public readonly ref partial struct KrpcMessage
{
    /// <summary>Parses a packet.</summary>
    /// <param name="packet">
    /// The bytes of one message. The spans of the parsed message are slices of these bytes.
    /// </param>
    /// <param name="message">The parsed message.</param>
    /// <returns>
    /// False if the packet is longer than <see cref="MaxLength"/>, is not a bencoded dictionary, or has no valid
    /// <c>y</c>. Also false if its transaction id is absent, empty or longer than <see cref="MaxTransactionIdLength"/>.
    /// </returns>
    public static bool TryParse(ReadOnlySpan<byte> packet, out KrpcMessage message)
    {
        message = default;

        // Rejects most packets that are not KRPC messages: a BencodeException costs more than a whole parse.
        if (packet.Length is < 2 or > MaxLength || packet[0] != (byte)'d' || packet[^1] != (byte)'e')
            return false;
        try
        {
            return Read(packet, out message);
        }
        catch (BencodeException)
        {
            return false;
        }
    }

    private static bool Read(ReadOnlySpan<byte> packet, out KrpcMessage message)
    {
        var fields = new Fields();
        var reader = new BencodeReader(packet, Limits);
        bool hasKind = false;
        message = default;
        reader.Read();
        while (reader.Read() && reader.Token == BencodeToken.Key)
        {
            ReadOnlySpan<byte> key = reader.Content;
            reader.Read();
            switch (key)
            {
                case [(byte)'a'] or [(byte)'r'] when reader.Token == BencodeToken.DictionaryStart:
                    fields.ReadBody(ref reader);
                    continue;
                case [(byte)'e'] when reader.Token == BencodeToken.ListStart:
                    fields.ReadError(ref reader);
                    continue;
                case [(byte)'t'] when reader.Token == BencodeToken.Bytes:
                    fields.TransactionId = reader.Content;
                    break;
                case [(byte)'y'] when reader.Token == BencodeToken.Bytes:
                    hasKind = TryReadKind(reader.Content, out fields.Kind);
                    break;
                case [(byte)'q'] when reader.Token == BencodeToken.Bytes:
                    fields.Method = MethodOf(reader.Content);
                    break;
                case [(byte)'v'] when reader.Token == BencodeToken.Bytes:
                    fields.Version = reader.Content;
                    break;
                case [(byte)'i', (byte)'p'] when reader.Token == BencodeToken.Bytes:
                    fields.ExternalAddress = reader.Content;
                    break;
                case [(byte)'r', (byte)'o']:
                    fields.IsReadOnly = IsOne(ref reader);
                    break;
            }

            reader.SkipValue();
        }

        // Reads to the end of the data. The reader throws if bytes follow the message.
        while (reader.Read())
        {
        }

        if (!hasKind || fields.TransactionId.Length is 0 or > MaxTransactionIdLength)
            return false;
        message = fields.ToMessage();
        return true;
    }

    private static bool TryReadKind(ReadOnlySpan<byte> text, out KrpcKind kind)
    {
        kind = text switch
        {
            [(byte)'q'] => KrpcKind.Query,
            [(byte)'r'] => KrpcKind.Response,
            _ => KrpcKind.Error,
        };
        return kind != KrpcKind.Error || text is [(byte)'e'];
    }

    private static KrpcMethod MethodOf(ReadOnlySpan<byte> name)
    {
        for (var method = KrpcMethod.Ping; method <= KrpcMethod.SampleInfoHashes; method++)
        {
            if (name.SequenceEqual(NameOf(method)))
                return method;
        }

        return KrpcMethod.Unknown;
    }

    private static bool IsOne(ref BencodeReader reader) => reader.TryGetInt64(out long value) && value == 1;

    private ref struct Fields
    {
        public KrpcKind Kind;
        public KrpcMethod Method;
        public ReadOnlySpan<byte> TransactionId;
        public ReadOnlySpan<byte> Version;
        public ReadOnlySpan<byte> ExternalAddress;
        public bool IsReadOnly;
        private NodeId? _id;
        private NodeId? _target;
        private ReadOnlySpan<byte> _token;
        private ushort? _port;
        private bool _impliedPort;
        private bool _isSeed;
        private bool _noSeed;
        private bool _scrape;
        private WantedNodes _want;
        private ReadOnlySpan<byte> _nodes;
        private ReadOnlySpan<byte> _nodes6;
        private ReadOnlySpan<byte> _values;
        private ReadOnlySpan<byte> _value;
        private bool _isMutable;
        private ReadOnlySpan<byte> _samples;
        private bool _hasSamples;
        private int? _interval;
        private int? _count;
        private ReadOnlySpan<byte> _seedFilter;
        private ReadOnlySpan<byte> _peerFilter;
        private int _errorCode;
        private ReadOnlySpan<byte> _errorText;

        public void ReadBody(ref BencodeReader reader)
        {
            while (reader.Read() && reader.Token == BencodeToken.Key)
            {
                ReadOnlySpan<byte> key = reader.Content;
                reader.Read();
                if (key is [(byte)'v'])
                    _value = reader.Data[reader.SkipValue()];
                else if (reader.Token == BencodeToken.Bytes)
                    ReadBytes(key, reader.Content);
                else if (reader.Token == BencodeToken.Number)
                    ReadNumber(key, ref reader);
                else if (key.SequenceEqual("values"u8) && reader.Token == BencodeToken.ListStart)
                    _values = reader.Data[reader.SkipValue()];
                else if (key.SequenceEqual("want"u8) && reader.Token == BencodeToken.ListStart)
                    ReadWant(ref reader);
                else
                    reader.SkipValue();
            }
        }

        public void ReadError(ref BencodeReader reader)
        {
            bool first = true;
            while (reader.Read() && reader.Token != BencodeToken.End)
            {
                if (first && reader.TryGetInt64(out long code))
                    _errorCode = (int)Math.Clamp(code, 0, int.MaxValue);
                else if (reader.Token == BencodeToken.Bytes)
                    _errorText = reader.Content;
                first = false;
                reader.SkipValue();
            }
        }

        public readonly KrpcMessage ToMessage() => new()
        {
            Kind = Kind,
            Method = Kind == KrpcKind.Query ? Method : KrpcMethod.Unknown,
            TransactionId = TransactionId,
            Version = Version,
            ExternalAddress = ExternalAddress,
            IsReadOnly = IsReadOnly,
            Id = _id,
            Target = _target,
            Token = _token,
            Port = _port,
            ImpliedPort = _impliedPort,
            IsSeed = _isSeed,
            NoSeed = _noSeed,
            Scrape = _scrape,
            Want = _want,
            Nodes = _nodes,
            Nodes6 = _nodes6,
            Values = _values,
            Value = _value,
            IsMutable = _isMutable,
            Samples = _samples,
            HasSamples = _hasSamples,
            Interval = _interval,
            Count = _count,
            SeedFilter = _seedFilter,
            PeerFilter = _peerFilter,
            ErrorCode = (KrpcError)_errorCode,
            ErrorText = _errorText,
        };

        private void ReadBytes(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content)
        {
            if (key.SequenceEqual("id"u8) && content.Length == NodeId.Length)
                _id = new NodeId(content);
            else if ((key.SequenceEqual("info_hash"u8) || key.SequenceEqual("target"u8))
                && content.Length == NodeId.Length)
                _target = new NodeId(content);
            else if (key.SequenceEqual("token"u8) && content.Length <= MaxTokenLength)
                _token = content;
            else if (key.SequenceEqual("nodes"u8))
                _nodes = content;
            else if (key.SequenceEqual("nodes6"u8))
                _nodes6 = content;
            else if (key.SequenceEqual("k"u8))
                _isMutable = true;
            else if (key.SequenceEqual("samples"u8) && content.Length % NodeId.Length == 0)
                ReadSamples(content);
            else if (key.SequenceEqual("BFsd"u8) && content.Length == PeerBloomFilter.Length)
                _seedFilter = content;
            else if (key.SequenceEqual("BFpe"u8) && content.Length == PeerBloomFilter.Length)
                _peerFilter = content;
        }

        private void ReadSamples(ReadOnlySpan<byte> content)
        {
            _samples = content;
            _hasSamples = true;
        }

        private void ReadNumber(ReadOnlySpan<byte> key, ref BencodeReader reader)
        {
            if (!reader.TryGetInt64(out long value))
                return;
            if (key.SequenceEqual("port"u8))
                _port = value is > 0 and <= ushort.MaxValue ? (ushort)value : null;
            else if (key.SequenceEqual("implied_port"u8))
                _impliedPort = value != 0;
            else if (key.SequenceEqual("seed"u8))
                _isSeed = value == 1;
            else if (key.SequenceEqual("noseed"u8))
                _noSeed = value == 1;
            else if (key.SequenceEqual("scrape"u8))
                _scrape = value == 1;
            else if (key.SequenceEqual("interval"u8))
                _interval = value is >= 0 and <= int.MaxValue ? (int)value : null;
            else if (key.SequenceEqual("num"u8))
                _count = value is >= 0 and <= int.MaxValue ? (int)value : null;
        }

        private void ReadWant(ref BencodeReader reader)
        {
            while (reader.Read() && reader.Token != BencodeToken.End)
            {
                if (reader.Token == BencodeToken.Bytes && reader.Content.SequenceEqual("n4"u8))
                    _want |= WantedNodes.IPv4;
                else if (reader.Token == BencodeToken.Bytes && reader.Content.SequenceEqual("n6"u8))
                    _want |= WantedNodes.IPv6;
                reader.SkipValue();
            }
        }
    }
}
