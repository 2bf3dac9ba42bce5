namespace TorrentPS.Engine.Swarm.State;

/// <summary>What a peer has asked of the info dictionary and got (BEP 9).</summary>
internal sealed class MetadataAccount
{
    /// <summary>The id it gave to metadata messages; 0 while it takes none.</summary>
    public byte MessageId { get; set; }

    /// <summary>Bytes given.</summary>
    public long Given { get; set; }

    /// <summary>How often it was told no.</summary>
    public int Refused { get; set; }

    /// <summary>The pieces it waits for.</summary>
    public Queue<int> Waiting { get; } = new();
}
