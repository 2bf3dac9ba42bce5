using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Passes the messages of a batch to their handlers. Then sends block requests.</summary>
internal sealed class MessageHandler(
    SwarmState swarm,
    Requester requester,
    BlockHandler blocks,
    Unchoker unchoker,
    AvailabilityHandler availability,
    UploadHandler uploads,
    AllowedFastHandler allowedFast,
    ExtensionHandler extensions)
{
    public void OnMessages(MessagesReceived received)
    {
        MessageBatch batch = received.Batch;
        Peer? peer = swarm.Peers.Find(received.Link);
        bool rejected = false;
        bool wasInterested = peer is { IsInterested: true };
        for (int i = 0; i < batch.Count; i++)
        {
            PeerEvent message = batch[i];
            if (peer is null || peer.IsClosing)
            {
                if (message.Block is { } block)
                    swarm.Blocks.Return(block);
                continue;
            }

            int requestsBefore = peer.Requests.Count;
            Dispatch(peer, message);
            rejected |= message.Id == PeerMessageId.Reject && peer.Requests.Count < requestsBefore;
        }

        if (peer is null)
        {
            received.Link.Recycle(batch);
            return;
        }

        peer.Recycle(batch, swarm.Uptime);
        if (peer.IsClosing)
            return;
        peer.LastReceived = swarm.Now;

        // Once per batch, because the choker examines all peers.
        if (peer.IsInterested != wasInterested && swarm.IsTransferring)
        {
            unchoker.Decide();
            allowedFast.Grant(peer);
        }

        // Rejected blocks are requested from other peers now, and from the sender at the earliest at the next tick.
        // Otherwise requests and rejects would follow each other without a pause.
        if (rejected)
            requester.TopUpAll(except: peer);
        else
            requester.TopUp(peer);
    }

    private void Dispatch(Peer peer, in PeerEvent message)
    {
        if (IsCharged(peer, message.Id))
            peer.Charge(FloodLimit.SmallMessage, swarm.Uptime, "messages that change nothing");
        bool maySendHaveNone = peer.MaySendHaveNone;
        if (message.Id is not (PeerMessageId.KeepAlive or PeerMessageId.Extended or PeerMessageId.Port))
            peer.MaySendHaveNone = false;
        if (message.Id is >= PeerMessageId.Suggest and <= PeerMessageId.AllowedFast && !peer.SupportsFast)
        {
            // BEP 6: these messages without the extension must close the connection.
            peer.Disconnect(DisconnectReason.ProtocolError, $"It sent {message.Id} without the Fast extension.");
            return;
        }

        if (swarm.IsPreparing && availability.TryStoreEarly(peer, message))
            return;
        switch (message.Id)
        {
            case PeerMessageId.Piece:
                blocks.OnPiece(peer, message.Address, message.Block!);
                break;
            case PeerMessageId.Reject:
                blocks.OnReject(peer, message.Address);
                break;
            case PeerMessageId.Request:
                uploads.OnRequest(peer, message.Address);
                break;
            case PeerMessageId.Cancel:
                uploads.OnCancel(peer, message.Address);
                break;
            case PeerMessageId.Have:
                availability.OnHave(peer, message.Address.Piece);
                break;
            case PeerMessageId.Bitfield:
                // BEP 3 allows it only as the first message. aria2 also sends one in place of many have messages.
                availability.OnBitfield(peer, message.Body);
                break;
            case PeerMessageId.HaveAll:
                availability.OnHaveAll(peer);
                break;
            case PeerMessageId.HaveNone when maySendHaveNone:
                break;
            case PeerMessageId.HaveNone:
                peer.Disconnect(DisconnectReason.ProtocolError, $"It sent {message.Id} after other messages.");
                break;
            case PeerMessageId.Choke:
                requester.OnChoke(peer);
                break;
            case PeerMessageId.Unchoke:
                requester.OnUnchoke(peer);
                break;
            case PeerMessageId.Interested:
                peer.IsInterested = true;
                peer.HavesWhenInterested = peer.HavesSent;
                break;
            case PeerMessageId.NotInterested:
                peer.IsInterested = false;
                break;
            case PeerMessageId.AllowedFast:
                allowedFast.OnAllowedFast(peer, message.Address.Piece);
                break;
            case PeerMessageId.Suggest:
                allowedFast.OnSuggest(peer, message.Address.Piece);
                break;
            case PeerMessageId.Port:
                OnPort(peer, message.Port);
                break;
            case PeerMessageId.Extended:
                extensions.OnExtended(peer, message.ExtendedId, message.Body!);
                break;
            default:
                peer.Charge(FloodLimit.SmallMessage, swarm.Uptime, "keep-alives or messages with an unknown id");
                break;
        }
    }

    /// <summary>
    /// Whether a message is charged, because it changes nothing or because peers send few of its kind. Choke, unchoke
    /// and port messages are always charged, because clients send only a few per minute. An interested message is free
    /// if this client has sent the peer a have message since the previous one.
    /// </summary>
    private static bool IsCharged(Peer peer, PeerMessageId id) => id switch
    {
        PeerMessageId.Choke or PeerMessageId.Unchoke or PeerMessageId.Port => true,
        PeerMessageId.Interested => peer.IsInterested || peer.HavesSent == peer.HavesWhenInterested,
        PeerMessageId.NotInterested => !peer.IsInterested,
        _ => false,
    };

    /// <summary>
    /// Handles a port message (BEP 5). Accepts one DHT node per connection. The DHT pings the node before using it.
    /// </summary>
    private void OnPort(Peer peer, ushort port)
    {
        if (swarm.Settings.DhtPort is null || port == 0 || peer.HasSentDhtPort)
            return;
        peer.HasSentDhtPort = true;
        swarm.Host.DhtNodeFound(new IPEndPoint(peer.Link.EndPoint.Address, port));
    }
}
