using System.Buffers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>
/// What a peer says while the torrent is known by its hash alone, parted: what is about metadata is for the search now, what is about the
/// torrent is kept as it came, and the rest passed over.
/// </summary>
/// <param name="dhtPort">Told the first port of a DHT node that the peer names.</param>
internal sealed class MetadataInbox(Action<ushort> dhtPort)
{
    private const int FirstBuffer = 32 * 1024;

    /// <summary>
    /// The most bytes kept, of messages the search has no use for: a bitfield of the largest torrent, and 28,000 haves. Who says more to
    /// a peer that has asked for nothing is of no use.
    /// </summary>
    private const int MaxKept = 512 * 1024;

    /// <summary>The most bytes passed over: keep-alives and extensions of others' for hours.</summary>
    private const int MaxIgnored = 512 * 1024;

    private static readonly int s_maxFrame = PeerMessageReader.MaxFrameLength(MetainfoLimits.Default.MaxPieces);

    private readonly ArrayBufferWriter<byte> _kept = new(256);
    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private int _ignored;
    private bool _hasToldDhtPort;

    /// <summary>Where the next bytes go; enough for the frame that has begun, and never empty.</summary>
    /// <exception cref="WireException">The frame that has begun is too long.</exception>
    public Memory<byte> MakeRoom()
    {
        int held = _end - _start;
        int required = PeerMessageReader.RequiredLength(_buffer.AsSpan(_start, held), s_maxFrame);
        byte[] target = required > _buffer.Length ? new byte[required] : _buffer;
        if (_start > 0 || target != _buffer)
            Buffer.BlockCopy(_buffer, _start, target, 0, held);
        _buffer = target;
        _start = 0;
        _end = held;
        return _buffer.AsMemory(_end);
    }

    /// <summary>Takes whole frames out of what has come.</summary>
    /// <param name="count">How many bytes came.</param>
    /// <returns>The messages about metadata.</returns>
    /// <exception cref="WireException">It says what it must not, or too much of what nobody asked for.</exception>
    public List<ExtendedMessage> Take(int count)
    {
        _end += count;
        var messages = new List<ExtendedMessage>();
        while (true)
        {
            ReadOnlySpan<byte> unread = _buffer.AsSpan(_start, _end - _start);
            if (PeerMessageReader.TryRead(unread, s_maxFrame, out PeerMessage message, out int consumed) == FrameResult.Incomplete)
                return messages;
            bool isExtended = message.Id == PeerMessageId.Extended;
            bool isForSearch = isExtended && (message.ExtendedId is MetadataSearch.MessageId or PexHandler.MessageId);
            bool isHandshake = isExtended && message.ExtendedId == ExtensionHandler.HandshakeId;
            if (message.Id == PeerMessageId.Piece)
                throw new WireException(WireError.FrameTooLong, "A block came that was never asked for.");
            if (isForSearch || isHandshake)
                messages.Add(new ExtendedMessage(message.ExtendedId, message.Payload.ToArray()));
            if (message.Id == PeerMessageId.Port)
                NoteDhtPort(message.Port);
            if (isHandshake || (!isExtended && message.Id != PeerMessageId.KeepAlive))
                _kept.Write(unread[..consumed]);
            else if (!isForSearch)
                _ignored += consumed;
            if (_kept.WrittenCount > MaxKept || _ignored > MaxIgnored)
                throw new WireException(WireError.FrameTooLong, "It talks without being asked.");
            _start += consumed;
        }
    }

    /// <summary>What was kept, and the beginning of the next frame.</summary>
    public byte[] Rest() => [.. _kept.WrittenSpan, .. _buffer.AsSpan(_start, _end - _start)];

    /// <summary>One node for each connection is as many as a peer can have.</summary>
    private void NoteDhtPort(ushort port)
    {
        if (_hasToldDhtPort || port == 0)
            return;
        _hasToldDhtPort = true;
        dhtPort(port);
    }
}
