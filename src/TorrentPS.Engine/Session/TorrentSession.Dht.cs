using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <content>What a session does in the DHT beside its torrents' own searches.</content>
public sealed partial class TorrentSession
{
    /// <summary>The session's part in the DHT, at most half a second old; null while it has none.</summary>
    public DhtStatus? Dht => _resources?.PeerSources.Dht?.Status;

    /// <summary>Takes part in the DHT without a torrent; nothing when it does already.</summary>
    /// <exception cref="SessionException">The DHT is off (<see cref="SessionSettings.EnableDht"/>), or no UDP port can be bound.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public void OpenDht() => RequireDht();

    /// <summary>Searches the DHT for a torrent's peers; the torrent need not be in the session. The addresses are not tried.</summary>
    /// <param name="torrent">The info hash.</param>
    /// <param name="cancellation">Ends the search; the enumeration then throws.</param>
    /// <returns>Groups of peers not named before, as they are found; ends with the search, after some seconds.</returns>
    /// <exception cref="SessionException">The DHT is off, or no UDP port can be bound.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public IAsyncEnumerable<IReadOnlyList<IPEndPoint>> FindPeersAsync(InfoHash torrent, CancellationToken cancellation = default) =>
        RequireDht().FindPeersAsync(torrent, cancellation);

    /// <summary>Fetches an immutable item from the DHT (BEP 44); it was verified against its target.</summary>
    /// <param name="target">The SHA-1 of the bencoded value.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>The bencoded value, or null when nobody has it.</returns>
    /// <exception cref="SessionException">The DHT is off, or no UDP port can be bound.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Task<ReadOnlyMemory<byte>?> GetDhtItemAsync(NodeId target, CancellationToken cancellation = default) =>
        RequireDht().GetItemAsync(target, cancellation);

    /// <summary>Entrusts an immutable item to the DHT (BEP 44): the nodes nearest to its target keep it for an hour or two.</summary>
    /// <param name="bencodedValue">The value, bencoded, at most <see cref="ImmutableItem.MaxLength"/> bytes.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>The target by which it is found.</returns>
    /// <exception cref="SessionException">The value is no item, the DHT is off or can't be reached, or no node took the value.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public async Task<NodeId> PutDhtItemAsync(ReadOnlyMemory<byte> bencodedValue, CancellationToken cancellation = default)
    {
        CheckItem(bencodedValue);
        if (await RequireDht().PutItemAsync(bencodedValue, cancellation) == 0)
            throw new SessionException(SessionErrorId.DhtUnavailable, "No DHT node took the item. Is the network reachable over UDP, and is a bootstrap node known?");
        return ImmutableItem.TargetOf(bencodedValue.Span);
    }

    private static void CheckItem(ReadOnlyMemory<byte> bencodedValue)
    {
        if (bencodedValue.Length > ImmutableItem.MaxLength)
        {
            throw new SessionException(
                SessionErrorId.BadDhtItem, $"The item has {bencodedValue.Length} bytes when bencoded: the DHT keeps no more than {ImmutableItem.MaxLength}.");
        }

        try
        {
            BencodeValue.Parse(bencodedValue);
        }
        catch (BencodeException error)
        {
            throw new SessionException(SessionErrorId.BadDhtItem, $"The item is not bencoded: {error.Message}", error);
        }
    }

    private DhtService RequireDht()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            Settings.Check();
            if (!Settings.EnableDht)
                throw new SessionException(SessionErrorId.DhtUnavailable, "The DHT is off in this session's settings (EnableDht).");
            _resources ??= new SessionResources(Settings, _time);
            return _resources.PeerSources.OpenDht(_listener?.Port ?? Settings.Port ?? Settings.PortRange.First)
                ?? throw new SessionException(SessionErrorId.DhtUnavailable, NoUdpPort);
        }
    }
}
