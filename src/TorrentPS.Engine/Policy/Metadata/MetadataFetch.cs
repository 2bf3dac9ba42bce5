using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// Decides which piece of the info dictionary to request from which peer, and which peers to exclude (BEP 9).
/// </summary>
/// <remarks>
/// Peers that announce the same size share one assembly. When an assembly with pieces from several peers doesn't
/// match the info hash, each of these peers gets its own assembly. If such an assembly fails too, its only sender is
/// known to have sent wrong data (<see cref="MetadataVerifier"/>).
/// </remarks>
/// <param name="infoHash">The v1 info hash to match; null if unknown.</param>
/// <param name="infoHashV2">The v2 info hash to match; null if unknown.</param>
/// <param name="maxSize">
/// Maximum size of the info dictionary in bytes. No requests are sent to a peer that announces a larger size.
/// </param>
internal sealed class MetadataFetch(InfoHash? infoHash, InfoHashV2? infoHashV2, int maxSize)
{
    /// <summary>
    /// Maximum number of outstanding requests at one peer. 16 requests cover 256 KiB, which fills a link of 20 Mbit/s
    /// at a round trip of 100 ms.
    /// </summary>
    private const int MaxDepth = 16;

    /// <summary>
    /// Maximum number of peers with an outstanding request for the same piece. At the end of the download, a piece is
    /// requested from a second peer, so that one slow peer doesn't delay the end.
    /// </summary>
    private const int MaxRequestsPerPiece = 2;

    /// <summary>
    /// Number of outstanding metadata requests, of all kinds, from which on a peer gets no duplicate request: one for a
    /// piece that is already requested from another peer.
    /// </summary>
    private const int MaxOutstandingForDuplicate = 2;

    /// <summary>
    /// Maximum number of unverified bytes kept, as a multiple of the maximum size. With two, a wrong and a correct
    /// assembly of the maximum size can be received at the same time.
    /// </summary>
    private const int MaxUnverified = 2;

    /// <summary>
    /// Maximum number of unsolicited messages from a peer. Beyond it the peer is excluded. A few are harmless, for
    /// example answers that are sent twice.
    /// </summary>
    private const int MaxUnsolicited = 32;

    /// <summary>Number of consecutive timeouts after which a peer is excluded.</summary>
    private const int MaxTimeouts = 3;

    /// <summary>
    /// Time without a received piece after which the requests to a peer time out, so that the pieces can be requested
    /// from other peers. At 4 KB/s, a piece of 16 KiB takes that long.
    /// </summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Time in which no request is sent to a peer after its reject. Most clients that reject have a rate limit for
    /// metadata.
    /// </summary>
    private static readonly TimeSpan s_rejectDelay = TimeSpan.FromSeconds(5);

    private readonly List<MetadataSource> _sources = [];
    private readonly List<MetadataAssembly> _assemblies = [];
    private readonly MetadataVerifier _verifier = new(infoHash, infoHashV2);

    /// <summary>The info dictionary; null until a complete assembly has matched the info hash.</summary>
    public byte[]? Result => _verifier.Result;

    /// <summary>The senders of wrong pieces, in the order in which they were found.</summary>
    public IReadOnlyList<PeerOrigin> Guilty => _verifier.Guilty;

    /// <summary>
    /// Number of bytes received and announced size in bytes, both of the most complete assembly. The size is null
    /// before the first request.
    /// </summary>
    public (long Received, int? Size) Progress =>
        Result is { } result ? (result.Length, result.Length)
        : MostComplete is { } best ? (best.Received, best.Size)
        : (0, null);

    private MetadataAssembly? MostComplete => _assemblies.MaxBy(assembly => (double)assembly.Received / assembly.Size);

    /// <summary>Stores the size that a peer announced. A peer that announces another size later is excluded.</summary>
    /// <param name="source">The peer. A new peer is added.</param>
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
    /// Removes a peer that disconnected. Its requested pieces can then be requested from other peers.
    /// </summary>
    public void Remove(MetadataSource source)
    {
        Detach(source);
        _sources.Remove(source);
    }

    /// <summary>
    /// Adds a received piece to the sender's assembly, and verifies the assembly if it is complete. A sender of an
    /// unrequested or malformed piece may be excluded.
    /// </summary>
    /// <param name="source">The sender.</param>
    /// <param name="piece">The zero-based piece index in the message, which may be invalid.</param>
    /// <param name="data">The bytes received.</param>
    /// <param name="totalSize">The <c>total_size</c> of the message in bytes; null if it has none.</param>
    /// <param name="now">The current time.</param>
    public void OnData(MetadataSource source, int piece, ReadOnlyMemory<byte> data, int? totalSize, TimeSpan now)
    {
        if (!TakeRequest(source, piece, out MetadataAssembly? assembly))
            return;
        if (data.Length != assembly.LengthOf(piece) || (totalSize ?? assembly.Size) != assembly.Size)
        {
            Exclude(source, SourceFault.ProtocolError);
            return;
        }

        source.LastService = now;
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
    /// Handles a reject: no requests are sent to the peer for <see cref="s_rejectDelay"/>. A peer that rejects too
    /// often is excluded.
    /// </summary>
    public void OnReject(MetadataSource source, int piece, TimeSpan now)
    {
        if (!TakeRequest(source, piece, out MetadataAssembly? assembly))
            return;
        source.RetryAt = now + s_rejectDelay;
        if (++source.Rejects > MaxUnsolicited + (2 * assembly.PieceCount))
            Exclude(source, SourceFault.ServesNothing);
    }

    /// <summary>
    /// Times out the requests to peers that sent no piece for <see cref="s_timeout"/>, so that the pieces can be
    /// requested from other peers.
    /// </summary>
    public void OnTick(TimeSpan now)
    {
        foreach (MetadataSource source in _sources)
        {
            if (source.Requests.Count == 0 || now - source.LastService < s_timeout)
                continue;
            ReleaseRequests(source);
            source.LastService = now;
            source.Depth = 1;
            if (++source.Timeouts >= MaxTimeouts)
                Exclude(source, SourceFault.ServesNothing);
        }
    }

    /// <summary>Chooses the next piece to request from a peer and records the request.</summary>
    /// <returns>The piece; null if no request should be sent to the peer now.</returns>
    public int? TryRequest(MetadataSource source, TimeSpan now)
    {
        if (Result is not null || !source.IsUsable || now < source.RetryAt || source.Requests.Count >= source.Depth)
            return null;
        MetadataAssembly assembly = source.Assembly ??= AssemblyFor(source);
        if (Choose(source, assembly) is not { } piece)
            return null;
        if (source.Requests.Count == 0)
            source.LastService = now;
        source.Requests.Add(piece);
        source.Unanswered.Add(piece);
        assembly.AddRequest(piece);
        return piece;
    }

    /// <summary>
    /// Removes the request that a received message answers. Returns false if there is none; the message then counts
    /// as unsolicited.
    /// </summary>
    private bool TakeRequest(MetadataSource source, int piece, [NotNullWhen(true)] out MetadataAssembly? assembly)
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

    /// <summary>Drops the assembly of the largest announced size, and excludes its peers.</summary>
    private void DropLargest()
    {
        MetadataAssembly largest = _assemblies.MaxBy(each => each.Size)!;
        foreach (MetadataSource source in SourcesOf(largest))
            Exclude(source, SourceFault.SizeTooLarge);
        _assemblies.Remove(largest);
    }

    /// <summary>
    /// Verifies a complete assembly. If it doesn't match the info hash, its peers start again with an empty assembly.
    /// Peers known to have sent wrong pieces are excluded.
    /// </summary>
    private void Verify(MetadataAssembly assembly)
    {
        IReadOnlyList<PeerOrigin> guilty = _verifier.Verify(assembly);
        if (Result is null)
        {
            foreach (MetadataSource source in SourcesOf(assembly))
                Detach(source);
            _assemblies.Remove(assembly);
        }

        foreach (MetadataSource source in _sources.Where(source => guilty.Contains(source.Origin)))
            Exclude(source, SourceFault.WrongData);
    }

    private MetadataSource[] SourcesOf(MetadataAssembly assembly) =>
        [.. _sources.Where(source => source.Assembly == assembly)];

    private MetadataAssembly AssemblyFor(MetadataSource source)
    {
        int size = source.Size!.Value;
        bool alone = _verifier.IsDoubtful(size);
        MetadataAssembly? found = alone
            ? null
            : _assemblies.Find(assembly => assembly.Size == size && assembly.Only is null);
        if (found is null)
        {
            found = new MetadataAssembly(size, alone ? source : null);
            _assemblies.Add(found);
        }

        found.Sources++;
        return found;
    }

    /// <summary>
    /// Chooses the first missing piece that is requested from no peer. If there is none, chooses one that is requested
    /// from another peer, within <see cref="MaxRequestsPerPiece"/> and <see cref="MaxOutstandingForDuplicate"/>.
    /// Returns null if there is none of these either.
    /// </summary>
    private static int? Choose(MetadataSource source, MetadataAssembly assembly)
    {
        int? duplicate = null;
        for (int i = 0; i < assembly.PieceCount; i++)
        {
            if (assembly.Has(i) || source.Requests.Contains(i))
                continue;
            if (assembly.RequestsFor(i) == 0)
                return i;
            if (assembly.RequestsFor(i) < MaxRequestsPerPiece)
                duplicate ??= i;
        }

        return source.Requests.Count < MaxOutstandingForDuplicate ? duplicate : null;
    }

    /// <summary>
    /// Removes a peer and its requests from its assembly. An assembly that no other peer may share is dropped with
    /// its pieces.
    /// </summary>
    private void Detach(MetadataSource source)
    {
        if (source.Assembly is not { } assembly)
            return;
        ReleaseRequests(source);

        // Answers to these requests still arrive; they are not held against the peer.
        source.Unsolicited -= source.Unanswered.Count;
        source.Unanswered.Clear();
        source.Assembly = null;
        assembly.Sources--;
        if (assembly.Only is not null || (assembly.Sources == 0 && assembly.Received == 0))
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
