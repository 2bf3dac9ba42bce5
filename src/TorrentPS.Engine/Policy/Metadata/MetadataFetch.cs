using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// Decides which piece of the info dictionary to request from which peer, and which peers to exclude (BEP 9).
/// </summary>
/// <remarks>
/// Peers that announce the same size share one assembly. If an assembly with pieces from several peers doesn't match
/// the info hash, the digests of the pieces are kept, and each of these peers gets its own assembly. If a peer's own
/// assembly doesn't match either, that peer sent wrong data. The kept digests are compared with the info dictionary
/// once an assembly has matched.
/// </remarks>
/// <param name="infoHash">The v1 info hash that the info dictionary must match; null if unknown.</param>
/// <param name="infoHashV2">The v2 info hash that the info dictionary must match; null if unknown.</param>
/// <param name="maxSize">
/// Maximum size of the info dictionary in bytes. A peer that announces a larger size gets no requests.
/// </param>
internal sealed class MetadataFetch(InfoHash? infoHash, InfoHashV2? infoHashV2, int maxSize)
{
    /// <summary>
    /// Maximum number of outstanding requests at one peer. 16 requests cover 256 KiB, which fills a link of 20 Mbit/s
    /// at a round trip of 100 ms.
    /// </summary>
    private const int MaxDepth = 16;

    /// <summary>
    /// Maximum number of unverified bytes in all assemblies, as a multiple of the info dictionary's maximum size. A
    /// factor of two leaves room for one wrong and one correct assembly of the maximum size.
    /// </summary>
    private const int MaxUnverified = 2;

    /// <summary>
    /// Number of kept digests at which the digests of further failed assemblies are discarded. 8,192 digests cover 128
    /// MiB of pieces, which is several info dictionaries of the default maximum size.
    /// </summary>
    private const int MaxDigests = 8 * 1024;

    /// <summary>
    /// Maximum number of unsolicited metadata messages from a peer. A peer that sends more is excluded. A few such
    /// messages are harmless, for example answers that are sent twice.
    /// </summary>
    private const int MaxUnsolicited = 32;

    /// <summary>Number of consecutive timeouts after which a peer is excluded.</summary>
    private const int MaxTimeouts = 3;

    /// <summary>
    /// Time without a received piece after which the requests to a peer time out. A peer with an upload rate of 4 KiB/s
    /// needs this time for a piece of 16 KiB.
    /// </summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Time after a peer's reject in which the peer gets no request. Most clients reject because they limit the rate of
    /// metadata.
    /// </summary>
    private static readonly TimeSpan s_rejectDelay = TimeSpan.FromSeconds(5);

    private readonly List<MetadataSource> _sources = [];
    private readonly List<MetadataAssembly> _assemblies = [];
    private readonly List<MetadataPieceDigest> _digests = [];
    private readonly List<PeerOrigin> _wrongSenders = [];

    /// <summary>
    /// Sizes of assemblies that had pieces from several peers and did not match the info hash. A peer that announces
    /// such a size gets an assembly of its own.
    /// </summary>
    private readonly HashSet<int> _failedSizes = [];

    /// <summary>Gets the info dictionary; null until a complete assembly has matched the info hash.</summary>
    public byte[]? Result { get; private set; }

    /// <summary>Gets the senders of wrong pieces, in the order in which they were found.</summary>
    public IReadOnlyList<PeerOrigin> WrongSenders => _wrongSenders;

    /// <summary>
    /// Gets the received bytes and the announced size in bytes of the most complete assembly. The size is null while
    /// there is no assembly. Once the info dictionary is verified, both values are its length.
    /// </summary>
    public (long Received, int? Size) Progress =>
        Result is { } result ? (result.Length, result.Length)
        : MostComplete is { } best ? (best.Received, best.Size)
        : (0, null);

    private MetadataAssembly? MostComplete => _assemblies.MaxBy(assembly => (double)assembly.Received / assembly.Size);

    /// <summary>
    /// Stores the size of the info dictionary that a peer announced, unless it exceeds the maximum. Excludes the peer
    /// if a different size is already stored for it.
    /// </summary>
    /// <param name="source">The peer. It is added if it is not known yet.</param>
    /// <param name="size">The announced size in bytes; null if the peer announced none.</param>
    public void OnSize(MetadataSource source, int? size)
    {
        if (!_sources.Contains(source))
            _sources.Add(source);
        if (source.Size is null && size <= maxSize)
            source.Size = size;
        else if (source.Size is { } before && (size ?? before) != before)
            Exclude(source, SourceFault.ProtocolError);
    }

    /// <summary>
    /// Removes a disconnected peer and its requests. The requested pieces can then be requested from other peers.
    /// </summary>
    public void Remove(MetadataSource source)
    {
        Detach(source);
        _sources.Remove(source);
    }

    /// <summary>
    /// Adds a received piece to the sender's assembly, and verifies the assembly if it is complete. Excludes the sender
    /// if the length of the piece or the total size is wrong, or if the sender exceeds <see cref="MaxUnsolicited"/>.
    /// </summary>
    /// <param name="source">The sender.</param>
    /// <param name="piece">The zero-based piece index in the message, which may be invalid.</param>
    /// <param name="data">The bytes received.</param>
    /// <param name="totalSize">The <c>total_size</c> of the message in bytes; null if the message has none.</param>
    /// <param name="now">The current time.</param>
    public void OnData(MetadataSource source, int piece, ReadOnlyMemory<byte> data, int? totalSize, TimeSpan now)
    {
        if (!TryRemoveRequest(source, piece, out MetadataAssembly? assembly))
            return;
        if (data.Length != assembly.LengthOf(piece) || (totalSize ?? assembly.Size) != assembly.Size)
        {
            Exclude(source, SourceFault.ProtocolError);
            return;
        }

        source.TimeoutStart = now;
        source.Timeouts = 0;
        source.Depth = Math.Min(MaxDepth, source.Depth + 1);
        if (!assembly.Has(piece))
            source.Received += data.Length;
        assembly.Add(piece, data, source.Origin);
        if (assembly.IsComplete)
            Verify(assembly);
        else if (_assemblies.Sum(each => each.Received) > (long)MaxUnverified * maxSize)
            DropLargest();
    }

    /// <summary>
    /// Handles a peer's reject of a request. The peer gets no request for <see cref="s_rejectDelay"/>. After too many
    /// rejects, it is excluded.
    /// </summary>
    public void OnReject(MetadataSource source, int piece, TimeSpan now)
    {
        if (!TryRemoveRequest(source, piece, out MetadataAssembly? assembly))
            return;
        source.RetryAt = now + s_rejectDelay;
        if (++source.Rejects > MaxUnsolicited + (2 * assembly.PieceCount))
            Exclude(source, SourceFault.ServesNothing);
    }

    /// <summary>
    /// Times out the requests to each peer that sent no piece for <see cref="s_timeout"/>. The pieces can then be
    /// requested from other peers.
    /// </summary>
    public void OnTick(TimeSpan now)
    {
        foreach (MetadataSource source in _sources)
        {
            if (source.Requests.Count == 0 || now - source.TimeoutStart < s_timeout)
                continue;
            ReleaseRequests(source);
            source.TimeoutStart = now;
            source.Depth = 1;
            if (++source.Timeouts >= MaxTimeouts)
                Exclude(source, SourceFault.ServesNothing);
        }
    }

    /// <summary>Chooses the next piece to request from a peer, and records the request.</summary>
    /// <returns>The piece index; null if the peer gets no request now.</returns>
    public int? TryRequest(MetadataSource source, TimeSpan now)
    {
        if (Result is not null || !source.IsUsable || now < source.RetryAt || source.Requests.Count >= source.Depth)
            return null;
        MetadataAssembly assembly = source.Assembly ??= AssemblyFor(source);
        if (assembly.ChoosePiece(source.Requests) is not { } piece)
            return null;
        if (source.Requests.Count == 0)
            source.TimeoutStart = now;
        source.Requests.Add(piece);
        source.Unanswered.Add(piece);
        assembly.AddRequest(piece);
        return piece;
    }

    /// <summary>
    /// Removes the request that a received message answers. If there is no such request, counts the message as
    /// unsolicited and returns false.
    /// </summary>
    private bool TryRemoveRequest(MetadataSource source, int piece, [NotNullWhen(true)] out MetadataAssembly? assembly)
    {
        assembly = source.Assembly;
        if (assembly is null || !source.Unanswered.Remove(piece))
        {
            if (++source.Unsolicited > MaxUnsolicited)
                Exclude(source, SourceFault.ProtocolError);
            return false;
        }

        if (source.Requests.Remove(piece))
            assembly.RemoveRequest(piece);
        return true;
    }

    /// <summary>Drops the assembly with the largest announced size, and excludes the peers that share it.</summary>
    private void DropLargest()
    {
        MetadataAssembly largest = _assemblies.MaxBy(each => each.Size)!;
        foreach (MetadataSource source in SourcesOf(largest))
            Exclude(source, SourceFault.SizeTooLarge);
        _assemblies.Remove(largest);
    }

    /// <summary>
    /// Compares a complete assembly with the info hash, and drops the assembly if it doesn't match. Peers that are
    /// found to have sent wrong pieces get no further requests. The other peers of a dropped assembly get another
    /// assembly at the next request.
    /// </summary>
    private void Verify(MetadataAssembly assembly)
    {
        byte[]? info = assembly.Verify(infoHash, infoHashV2);
        Result = info ?? Result;
        PeerOrigin[] wrongSenders = info is null ? OnlySenderOf(assembly) : WrongSendersBefore(info);
        _wrongSenders.AddRange(wrongSenders.Distinct().Except(_wrongSenders));
        if (Result is null)
        {
            foreach (MetadataSource source in SourcesOf(assembly))
                Detach(source);
            _assemblies.Remove(assembly);
        }

        foreach (MetadataSource source in _sources.Where(source => wrongSenders.Contains(source.Origin)))
            Exclude(source, SourceFault.WrongData);
    }

    /// <summary>
    /// Returns the only sender of a failed assembly. If it has several senders, returns an empty array and keeps the
    /// digests of its pieces.
    /// </summary>
    private PeerOrigin[] OnlySenderOf(MetadataAssembly failed)
    {
        if (failed.Senders() is [PeerOrigin onlySender])
            return [onlySender];
        _failedSizes.Add(failed.Size);
        if (_digests.Count < MaxDigests)
            _digests.AddRange(failed.PieceDigests());
        return [];
    }

    /// <summary>
    /// Compares the pieces of failed assemblies with the verified info dictionary, and returns the senders of the
    /// pieces that differ. A sender can occur several times.
    /// </summary>
    private PeerOrigin[] WrongSendersBefore(byte[] info) =>
        [.. _digests.Where(piece => !MetadataAssembly.IsPartOf(info, piece)).Select(piece => piece.Sender)];

    private MetadataSource[] SourcesOf(MetadataAssembly assembly) =>
        [.. _sources.Where(source => source.Assembly == assembly)];

    private MetadataAssembly AssemblyFor(MetadataSource source)
    {
        int size = source.Size!.Value;
        bool isExclusive = _failedSizes.Contains(size);
        MetadataAssembly? found = isExclusive
            ? null
            : _assemblies.Find(assembly => assembly.Size == size && assembly.OnlySource is null);
        if (found is null)
        {
            found = new MetadataAssembly(size, isExclusive ? source : null);
            _assemblies.Add(found);
        }

        found.Sources++;
        return found;
    }

    /// <summary>
    /// Removes a peer and the requests to that peer from the peer's assembly. Then drops the assembly if it accepts
    /// pieces from this peer only, or if it has neither other peers nor received pieces.
    /// </summary>
    private void Detach(MetadataSource source)
    {
        if (source.Assembly is not { } assembly)
            return;
        ReleaseRequests(source);

        // Answers to these requests may still arrive and must not count as unsolicited.
        source.Unsolicited -= source.Unanswered.Count;
        source.Unanswered.Clear();
        source.Assembly = null;
        assembly.Sources--;
        if (assembly.OnlySource is not null || (assembly.Sources == 0 && assembly.Received == 0))
            _assemblies.Remove(assembly);
    }

    private static void ReleaseRequests(MetadataSource source)
    {
        foreach (int piece in source.Requests)
            source.Assembly!.RemoveRequest(piece);
        source.Requests.Clear();
    }

    private void Exclude(MetadataSource source, SourceFault fault)
    {
        if (source.Fault is not null)
            return;
        Detach(source);
        source.Fault = fault;
    }
}
