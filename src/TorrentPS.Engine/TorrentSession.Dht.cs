using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <content>The session's DHT operations that are independent of its torrents.</content>
public sealed partial class TorrentSession
{
    /// <summary>Gets the status of the session's DHT nodes; null while the DHT is not open.</summary>
    public DhtStatus? Dht => _resources?.PeerSources.Dht?.Status;

    /// <summary>
    /// Opens the DHT. Without this call, it is opened when the first public torrent is added. Does nothing if the DHT
    /// is open.
    /// </summary>
    /// <exception cref="SessionException">
    /// The DHT is off (<see cref="SessionSettings.EnableDht"/>), no UDP port can be bound, or a setting is not valid.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public void OpenDht() => RequireDht();

    /// <summary>
    /// Searches the DHT for a torrent's peers (BEP 5, "get_peers"). The torrent need not be in the session. Does not
    /// connect to the peers. Opens the DHT if it is not open.
    /// </summary>
    /// <param name="torrent">The info hash.</param>
    /// <param name="cancellation">
    /// Cancels the search; the enumeration then throws <see cref="OperationCanceledException"/>.
    /// </param>
    /// <returns>
    /// Lists of peers as they are found, each peer once. The enumeration ends when the search ends, after some seconds.
    /// </returns>
    /// <exception cref="SessionException">
    /// The DHT is off (<see cref="SessionSettings.EnableDht"/>), no UDP port can be bound, or a setting is not valid.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public IAsyncEnumerable<IReadOnlyList<IPEndPoint>> FindPeersAsync(
        InfoHash torrent, CancellationToken cancellation = default) =>
        RequireDht().FindPeersAsync(torrent, cancellation);

    /// <summary>
    /// Gets an immutable item from the DHT (BEP 44) and verifies its SHA-1. Opens the DHT if it is not open.
    /// </summary>
    /// <param name="target">The SHA-1 of the bencoded value.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <returns>The bencoded value, or null if no queried node has it.</returns>
    /// <exception cref="SessionException">
    /// The DHT is off (<see cref="SessionSettings.EnableDht"/>), no UDP port can be bound, or a setting is not valid.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Task<ReadOnlyMemory<byte>?> GetDhtItemAsync(NodeId target, CancellationToken cancellation = default) =>
        RequireDht().GetItemAsync(target, cancellation);

    /// <summary>
    /// Stores an immutable item at the DHT nodes closest to its target (BEP 44). Nodes keep it for about two hours.
    /// Opens the DHT if it is not open.
    /// </summary>
    /// <param name="bencodedValue">The bencoded value, at most <see cref="ImmutableItem.MaxLength"/> bytes.</param>
    /// <param name="cancellation">Cancels the call. Nodes that already stored the item keep it.</param>
    /// <returns>The target of the item: the SHA-1 of the bencoded value.</returns>
    /// <exception cref="SessionException">
    /// The value is too long or not bencoded, the DHT is off, no UDP port can be bound, a setting is not valid, or no
    /// node accepted the value.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public async Task<NodeId> PutDhtItemAsync(
        ReadOnlyMemory<byte> bencodedValue, CancellationToken cancellation = default)
    {
        CheckItem(bencodedValue);
        if (await RequireDht().PutItemAsync(bencodedValue, cancellation) == 0)
        {
            throw new SessionException(
                SessionErrorId.DhtUnavailable,
                "Cannot put the item: no DHT node accepted it. Check that UDP is not blocked and that the bootstrap "
                + "nodes (DhtBootstrap) are reachable.");
        }

        return ImmutableItem.TargetOf(bencodedValue.Span);
    }

    private static void CheckItem(ReadOnlyMemory<byte> bencodedValue)
    {
        if (bencodedValue.Length > ImmutableItem.MaxLength)
        {
            throw new SessionException(
                SessionErrorId.BadDhtItem,
                $"Cannot put the item: it has {bencodedValue.Length} bytes when bencoded, and DHT nodes store at most "
                + $"{ImmutableItem.MaxLength}.");
        }

        try
        {
            BencodeValue.Parse(bencodedValue);
        }
        catch (BencodeException error)
        {
            throw new SessionException(
                SessionErrorId.BadDhtItem, $"Cannot put the item: it is not bencoded ({error.Message}).", error);
        }
    }

    private DhtService RequireDht()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            Settings.Check();
            if (!Settings.EnableDht)
                throw new SessionException(
                    SessionErrorId.DhtUnavailable, "The DHT is off in this session's settings (EnableDht).");
            return OpenResources().PeerSources.OpenDht(_listener?.Port ?? Settings.Ports.First)
                ?? throw new SessionException(SessionErrorId.DhtUnavailable, NoUdpPort);
        }
    }
}
