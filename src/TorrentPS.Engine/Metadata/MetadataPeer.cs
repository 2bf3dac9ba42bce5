using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>All that the search for metadata knows of one connected peer.</summary>
internal sealed class MetadataPeer(IMetadataLink link, Handshake handshake)
{
    /// <summary>The connection.</summary>
    public IMetadataLink Link { get; } = link;

    /// <summary>Who answers for what it sends.</summary>
    public PeerOrigin Origin { get; } = new(link.EndPoint);

    /// <summary>What it said first.</summary>
    public Handshake Handshake { get; } = handshake;

    /// <summary>Whether it began the connection.</summary>
    public bool Incoming { get; init; }

    /// <summary>When it connected.</summary>
    public TimeSpan ConnectedAt { get; init; }

    /// <summary>Its client, as far as it can be told.</summary>
    public string Client { get; set; } = ClientName.Of(handshake.PeerId);

    /// <summary>The id it gave to metadata messages; 0 while it takes none.</summary>
    public byte MessageId { get; set; }

    /// <summary>How long it says the metadata is, in bytes; null while it has none.</summary>
    public int? Size { get; set; }

    /// <summary>What it works on.</summary>
    public MetadataAssembly? Assembly { get; set; }

    /// <summary>The pieces it was asked for and is given time for, in the order of asking.</summary>
    public List<int> Requests { get; } = [];

    /// <summary>All pieces it was asked for and has not answered, whose time is over included.</summary>
    public HashSet<int> Owed { get; } = [];

    /// <summary>How many requests it is given at once; grows as it answers.</summary>
    public int Depth { get; set; } = MetadataFetch.FirstDepth;

    /// <summary>When it last brought a piece, or was asked after it owed none.</summary>
    public TimeSpan LastService { get; set; }

    /// <summary>How often in a row its time ran out.</summary>
    public int Stalls { get; set; }

    /// <summary>How often it said no.</summary>
    public int Refusals { get; set; }

    /// <summary>Until when it is not asked again, having said no.</summary>
    public TimeSpan NotBefore { get; set; }

    /// <summary>Messages that nobody asked for.</summary>
    public int Offences { get; set; }

    /// <summary>Bytes of metadata it brought that were wanted.</summary>
    public long Received { get; set; }

    /// <summary>What it may tell us of other peers.</summary>
    public PexLimits Exchange { get; } = new();

    /// <summary>When anything last came from it.</summary>
    public TimeSpan LastHeard { get; set; }

    /// <summary>When anything was last sent to it.</summary>
    public TimeSpan LastSent { get; set; }

    /// <summary>It is being disconnected.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Whether it can be asked for anything.</summary>
    public bool IsSource => !IsClosing && MessageId != 0 && Size is not null;

    /// <summary>Ends the connection, if that has not begun.</summary>
    public void Disconnect(DisconnectReason reason)
    {
        if (IsClosing)
            return;
        IsClosing = true;
        Link.Close(reason);
    }
}
