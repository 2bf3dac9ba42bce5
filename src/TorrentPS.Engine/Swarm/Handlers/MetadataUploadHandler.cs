using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Gives the info dictionary to peers that came with a magnet link (BEP 9). Who is connected has shown that it knows the torrent's hash, so
/// that private torrents are no exception.
/// </summary>
internal sealed class MetadataUploadHandler(SwarmState swarm)
{
    /// <summary>The id under which peers send us such messages (BEP 10); told in <c>m</c>.</summary>
    public const byte MessageId = 2;

    /// <summary>How often a peer may have the whole dictionary: once, once more as its first was wrong, and for pieces asked twice.</summary>
    private const int MaxCopies = 4;

    /// <summary>Refusals after which a peer is let go: it asks whatever the answer.</summary>
    private const int MaxRefusals = 256;

    /// <summary>How many bytes may wait to be sent to a peer before its further wishes wait themselves: all that one asks for in a breath.</summary>
    private const int MaxBacklog = 256 * 1024;

    /// <summary>How many wishes of a peer wait.</summary>
    private const int MaxWaiting = 256;

    private readonly List<Peer> _waiting = [];

    /// <summary>Sends a piece, or queues the request while too much is queued for the peer. Without metadata, the request is rejected.</summary>
    public void OnRequest(Peer peer, int piece)
    {
        if (peer.Metadata.MessageId == 0)
            return;
        if (peer.Metadata.Waiting.Count >= MaxWaiting)
        {
            Refuse(peer, piece);
            return;
        }

        peer.Metadata.Waiting.Enqueue(piece);
        Serve(peer);
        if (peer.Metadata.Waiting.Count > 0 && !_waiting.Contains(peer))
            _waiting.Add(peer);
    }

    /// <summary>Goes on with those whose line is free again.</summary>
    public void OnTick()
    {
        foreach (Peer peer in _waiting)
            Serve(peer);
        _waiting.RemoveAll(peer => peer.IsClosing || peer.Metadata.Waiting.Count == 0);
    }

    private void Serve(Peer peer)
    {
        ReadOnlyMemory<byte> metadata = swarm.Settings.Metadata;
        while (!peer.IsClosing && peer.Wire?.QueuedBytes < MaxBacklog && peer.Metadata.Waiting.TryDequeue(out int piece))
        {
            bool exists = piece < MetadataMessage.PieceCount(metadata.Length);
            int length = exists ? MetadataMessage.LengthOf(piece, metadata.Length) : 0;
            if (!exists || peer.Metadata.Given + length > (long)MaxCopies * metadata.Length)
            {
                Refuse(peer, piece);
                continue;
            }

            peer.Metadata.Given += length;
            var data = new MetadataMessage
            {
                Type = MetadataMessageType.Data,
                Piece = piece,
                TotalSize = metadata.Length,
                Data = metadata.Slice(piece * MetadataMessage.PieceLength, length),
            };
            Send(peer, data);
        }
    }

    private void Refuse(Peer peer, int piece)
    {
        if (++peer.Metadata.Refused > MaxRefusals)
            peer.Disconnect(DisconnectReason.ProtocolError, "It requested the metadata too often.");
        else
            Send(peer, new MetadataMessage { Type = MetadataMessageType.Reject, Piece = piece });
    }

    private void Send(Peer peer, MetadataMessage message)
    {
        peer.Wire?.SendExtended(peer.Metadata.MessageId, message.Encode());
        swarm.Peers.Touch(peer);
    }
}
