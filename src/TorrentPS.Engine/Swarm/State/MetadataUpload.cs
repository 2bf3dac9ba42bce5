namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// One peer's requests for pieces of the info dictionary (BEP 9), and counters of the answers to the peer.
/// </summary>
internal sealed class MetadataUpload
{
    /// <summary>
    /// The id that the peer assigned to metadata messages in its extension handshake (BEP 10); 0 if it assigned none.
    /// </summary>
    public byte MessageId { get; set; }

    public long Sent { get; set; }

    public int Rejects { get; set; }

    /// <summary>
    /// Requested metadata pieces that are not answered yet. They wait until fewer bytes are queued for the peer.
    /// </summary>
    public Queue<int> Queue { get; } = new();
}
