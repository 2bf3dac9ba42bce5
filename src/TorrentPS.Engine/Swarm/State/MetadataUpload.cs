namespace TorrentPS.Engine.Swarm.State;

/// <summary>One peer's requests for the info dictionary (BEP 9), and what was sent in answer.</summary>
internal sealed class MetadataUpload
{
    /// <summary>The id that the peer assigned to metadata messages; 0 when it accepts none.</summary>
    public byte MessageId { get; set; }

    /// <summary>Bytes of the info dictionary sent to the peer.</summary>
    public long Sent { get; set; }

    /// <summary>Rejects sent to the peer.</summary>
    public int Rejects { get; set; }

    /// <summary>Requested pieces that wait until less is queued for the peer.</summary>
    public Queue<int> Queue { get; } = new();
}
