using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Sends pieces of the info dictionary to peers that request them (BEP 9). This includes peers of private torrents,
/// because a peer can connect only if it knows the info hash.
/// </summary>
internal sealed class MetadataUploadHandler(SwarmState swarm)
{
    /// <summary>
    /// The id that this client assigns to metadata messages in its extension handshake (<c>m</c>, BEP 10).
    /// </summary>
    public const byte MessageId = 2;

    /// <summary>
    /// Maximum amount of metadata sent to one peer, in multiples of the info dictionary's size. A peer may need the
    /// dictionary more than once if other peers sent it wrong data.
    /// </summary>
    private const int MaxCopies = 4;

    /// <summary>
    /// Maximum number of metadata requests of one peer that are rejected. Instead of rejecting one more, this client
    /// closes the connection. Well-behaved clients wait or give up after a reject.
    /// </summary>
    private const int MaxRejects = 256;

    /// <summary>
    /// Number of bytes queued for a peer at which its metadata requests begin to wait. The value is the size of 16
    /// metadata pieces. Clients request about that many at once.
    /// </summary>
    private const int MaxBacklog = 256 * 1024;

    /// <summary>
    /// Maximum number of waiting metadata requests of one peer. Further requests are rejected. The value is enough for
    /// all pieces of a 4 MiB info dictionary.
    /// </summary>
    private const int MaxWaiting = 256;

    private readonly List<Peer> _waiting = [];

    /// <summary>
    /// Answers a metadata request with data or a reject. While many bytes are queued for the peer, the request waits.
    /// Ignores and charges the request if the peer assigned no id to metadata messages, because it can't be answered.
    /// </summary>
    public void OnRequest(Peer peer, int piece)
    {
        if (peer.MetadataUpload.MessageId == 0)
        {
            peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "metadata requests without an extension handshake");
            return;
        }

        if (peer.MetadataUpload.Queue.Count >= MaxWaiting)
        {
            Reject(peer, piece);
            return;
        }

        peer.MetadataUpload.Queue.Enqueue(piece);
        Answer(peer);
        if (peer.MetadataUpload.Queue.Count > 0 && !_waiting.Contains(peer))
            _waiting.Add(peer);
    }

    /// <summary>
    /// Answers the waiting requests of each peer for which fewer than <see cref="MaxBacklog"/> bytes are queued.
    /// </summary>
    public void OnTick()
    {
        foreach (Peer peer in _waiting)
            Answer(peer);
        _waiting.RemoveAll(peer => peer.IsClosing || peer.MetadataUpload.Queue.Count == 0);
    }

    private void Answer(Peer peer)
    {
        ReadOnlyMemory<byte> metadata = swarm.Settings.Metadata;
        while (!peer.IsClosing && peer.Wire?.QueuedBytes < MaxBacklog
            && peer.MetadataUpload.Queue.TryDequeue(out int piece))
        {
            bool exists = piece < MetadataMessage.PieceCount(metadata.Length);
            int length = exists ? MetadataMessage.LengthOf(piece, metadata.Length) : 0;
            if (!exists || peer.MetadataUpload.Sent + length > (long)MaxCopies * metadata.Length)
            {
                Reject(peer, piece);
                continue;
            }

            peer.MetadataUpload.Sent += length;
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

    private void Reject(Peer peer, int piece)
    {
        if (++peer.MetadataUpload.Rejects > MaxRejects)
            peer.Disconnect(DisconnectReason.ProtocolError, "It requested the metadata too often.");
        else
            Send(peer, new MetadataMessage { Type = MetadataMessageType.Reject, Piece = piece });
    }

    private void Send(Peer peer, MetadataMessage message)
    {
        peer.Wire?.SendExtended(peer.MetadataUpload.MessageId, message.Encode());
        swarm.Peers.Touch(peer);
    }
}
