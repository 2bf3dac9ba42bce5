namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// One peer's requests for pieces of the info dictionary (BEP 9), and counts of the answers sent to the peer.
/// </summary>
internal sealed class MetadataUpload
{
    /// <summary>
    /// The id that the peer assigned to metadata messages in its extension handshake (BEP 10); 0 if it assigned none.
    /// </summary>
    public byte MessageId { get; set; }

    /// <summary>Bytes of the info dictionary sent to the peer.</summary>
    public long Sent { get; set; }

    /// <summary>Number of metadata requests of the peer that this client rejected.</summary>
    public int Rejects { get; set; }

    /// <summary>
    /// Requested metadata pieces not answered yet. They are answered when fewer bytes are queued for the peer.
    /// </summary>
    public Queue<int> Queue { get; } = new();
}
