using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>Something that happened outside the loop, or that a user asked for.</summary>
internal abstract record MetadataEvent;

/// <summary>Some time has passed.</summary>
internal sealed record MetadataTick : MetadataEvent
{
    public static readonly MetadataTick Instance = new();
}

/// <summary>Addresses became known.</summary>
internal sealed record MetadataPeersFound(IReadOnlyList<IPEndPoint> EndPoints, PeerSource Source) : MetadataEvent;

/// <summary>A connection stands, both handshakes behind it; its pump waits to be started by <see cref="Start"/>.</summary>
internal sealed record MetadataPeerConnected(IMetadataLink Link, Handshake Handshake, bool Incoming, Action Start) : MetadataEvent
{
    /// <summary>Closes it; its pump still runs to its end, so that everything it holds is given back.</summary>
    public void Refuse(DisconnectReason reason)
    {
        Link.Close(reason);
        Start();
    }
}

/// <summary>An address did not answer, or not as a peer of this torrent.</summary>
internal sealed record MetadataDialFailed(IPEndPoint EndPoint, bool IsSelf) : MetadataEvent;

/// <summary>What came of one read that the search has to do with; nothing when all of it was of other matters.</summary>
internal sealed record MetadataHeard(IMetadataLink Link, IReadOnlyList<ExtendedMessage> Messages) : MetadataEvent;

/// <summary>A connection is over.</summary>
internal sealed record MetadataPeerClosed(IMetadataLink Link, DisconnectReason Reason) : MetadataEvent;

/// <summary>Settings changed.</summary>
/// <param name="Change">Makes the new ones of those before.</param>
internal sealed record MetadataSettingsChanged(Func<MetadataSettings, MetadataSettings> Change) : MetadataEvent;

/// <summary>The user wants it to wait.</summary>
internal sealed record MetadataPause : MetadataEvent;

/// <summary>The user wants it to go on.</summary>
internal sealed record MetadataResume : MetadataEvent;

/// <summary>The user wants it to end.</summary>
internal sealed record MetadataStop : MetadataEvent;

/// <summary>Somebody asks who is connected.</summary>
internal sealed record MetadataPeersRequested(TaskCompletionSource<IReadOnlyList<PeerStatus>> Answer) : MetadataEvent;

/// <summary>An extended message (BEP 10).</summary>
/// <param name="Id">The id as we gave it; 0 is a handshake.</param>
/// <param name="Payload">The payload, copied.</param>
internal readonly record struct ExtendedMessage(byte Id, ReadOnlyMemory<byte> Payload);
