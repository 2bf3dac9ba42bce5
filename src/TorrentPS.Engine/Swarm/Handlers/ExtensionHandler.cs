using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the extension handshake (BEP 10), and passes other extended messages to their handlers.</summary>
internal sealed class ExtensionHandler(
    SwarmState swarm,
    AvailabilityHandler availability,
    PexHandler exchange,
    MetadataUploadHandler metadataUploads,
    MetadataDownloadHandler metadataDownload)
{
    /// <summary>This client's name and version, sent in its extension handshake (<c>v</c>, BEP 10).</summary>
    public const string ClientVersion = "TorrentPS 0.1.0";

    /// <summary>The extended message id of the extension handshake (BEP 10).</summary>
    public const byte HandshakeId = 0;

    /// <summary>Encodes this client's extension handshake for a peer.</summary>
    /// <param name="swarm">The state of the torrent.</param>
    /// <param name="peer">The peer that receives the handshake.</param>
    /// <param name="hidesPieces">
    /// Whether super-seeding hides this client's pieces from the peer. The handshake then omits <c>upload_only</c>,
    /// which would show that this client is a seed.
    /// </param>
    public static byte[] HandshakeFor(SwarmState swarm, Peer peer, bool hidesPieces) => new ExtensionHandshake
    {
        Messages = Extensions(swarm),
        MetadataSize = swarm.Settings.Metadata is { IsEmpty: false } metadata ? metadata.Length : null,
        Client = ClientVersion,
        ListenPort = (ushort)swarm.Settings.ListenPort,
        RequestQueue = UploadHandler.MaxQueuedRequests,
        YourAddress = peer.Link.EndPoint.Address,
        UploadOnly = !hidesPieces && swarm.State is TorrentState.Finished or TorrentState.Seeding,
    }.Encode();

    public void OnExtended(Peer peer, byte extendedId, byte[] body)
    {
        switch (extendedId)
        {
            case var _ when !peer.SupportsExtensions:
                peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "extended messages without the extension protocol");
                break;
            case HandshakeId:
                OnHandshake(peer, body);
                break;
            case PexHandler.MessageId when PexHandler.IsUsed(swarm):
                exchange.OnMessage(peer, body);
                break;
            case MetadataUploadHandler.MessageId:
                OnMetadata(peer, body);
                break;
            default:
                // This client's handshake does not assign the id, or no longer does.
                peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "extended messages with an unknown id");
                break;
        }
    }

    private static Dictionary<string, byte> Extensions(SwarmState swarm)
    {
        var extensions = new Dictionary<string, byte>();
        if (PexHandler.IsUsed(swarm))
            extensions.Add(PexMessage.ExtensionName, PexHandler.MessageId);
        if (!swarm.HasMetadata || !swarm.Settings.Metadata.IsEmpty)
            extensions.Add(MetadataMessage.ExtensionName, MetadataUploadHandler.MessageId);
        return extensions;
    }

    private void OnHandshake(Peer peer, byte[] body)
    {
        if (peer.HasSentExtensionHandshake)
            peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "extension handshakes");
        peer.HasSentExtensionHandshake = true;
        ExtensionHandshake handshake;
        try
        {
            handshake = ExtensionHandshake.Parse(body);
        }
        catch (WireException error)
        {
            peer.Disconnect(DisconnectReason.ProtocolError, error.Message);
            return;
        }

        peer.Client = ClientName.Of(peer.Id, handshake.Client);
        if (handshake.RequestQueue is { } requests)
            peer.Depth.SetPeerLimit(requests);
        peer.IsUploadOnly = handshake.UploadOnly ?? false;
        if (handshake.ListenPort is { } port && port != peer.ListenPort)
        {
            peer.ListenPort = port;
            swarm.Peers.NoteChange();
        }

        if (handshake.Messages.TryGetValue(PexMessage.ExtensionName, out byte id))
            peer.PexId = id;
        if (handshake.Messages.TryGetValue(MetadataMessage.ExtensionName, out byte metadataId))
            peer.MetadataUpload.MessageId = metadataId;
        if (handshake.YourAddress is { } externalAddress)
            swarm.ExternalAddress.AddVote(ExternalAddressSource.Peer, peer.Origin, externalAddress);
        metadataDownload.OnHandshake(peer, handshake);
        availability.CheckSeed(peer);
    }

    private void OnMetadata(Peer peer, byte[] body)
    {
        MetadataMessage message;
        try
        {
            message = MetadataMessage.Parse(body);
        }
        catch (WireException error)
        {
            peer.Disconnect(DisconnectReason.ProtocolError, error.Message);
            return;
        }

        if (message.Type == MetadataMessageType.Request)
            metadataUploads.OnRequest(peer, message.Piece);
        else
            metadataDownload.OnMessage(peer, message);
    }
}
