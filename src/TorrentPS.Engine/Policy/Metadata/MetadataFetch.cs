using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// Decides which piece of the info dictionary to request from which peer, and which peers to exclude (BEP 9).
/// </summary>
/// <remarks>
/// Peers that announce the same size share one assembly; a different size starts another. When an assembly of several
/// peers fails its hash, each of them gets its own, so that the next failure proves its sender guilty
/// (<see cref="MetadataVerifier"/>).
/// </remarks>
/// <param name="infoHash">The v1 info hash to match, or null.</param>
/// <param name="infoHashV2">The v2 info hash to match, or null.</param>
/// <param name="maxSize">
/// The largest info dictionary requested, in bytes. A peer that announces more is not asked.
/// </param>
internal sealed class MetadataFetch(InfoHash? infoHash, InfoHashV2? infoHashV2, int maxSize)
{
    /// <summary>
    /// The most requests outstanding at one peer. 256 KiB fill a link of 20 Mbit/s at 100 ms, and other clients queue
    /// as many.
    /// </summary>
    private const int MaxDepth = 16;

    /// <summary>
    /// Maximum peers with an outstanding request for the same piece. At the end of the download a second peer is asked,
    /// so that one slow peer does not delay it.
    /// </summary>
    private const int MaxRequestsPerPiece = 2;

    /// <summary>Pieces requested of an idle peer although another peer has them outstanding.</summary>
    private const int MaxDuplicates = 2;

    /// <summary>
    /// Unverified bytes kept, as a multiple of the largest size. Two allow a wrong and the right assembly of the
    /// largest size side by side.
    /// </summary>
    private const int MaxUnverified = 2;

    /// <summary>
    /// Maximum unsolicited messages of a peer. More exclude it. Some answers arrive after their requests were
    /// withdrawn.
    /// </summary>
    private const int MaxUnsolicited = 32;

    /// <summary>Consecutive timeouts before a peer is excluded.</summary>
    private const int MaxTimeouts = 3;

    /// <summary>
    /// Time without a piece before a peer's requests are given to others. At 4 KB/s, a piece of 16 KiB takes that long.
    /// </summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Time without requests after a reject. Most clients that reject have a rate limit for metadata.
    /// </summary>
    private static readonly TimeSpan s_rejectDelay = TimeSpan.FromSeconds(5);

    private readonly List<MetadataSource> _sources = [];
    private readonly List<MetadataAssembly> _assemblies = [];
    private readonly MetadataVerifier _verifier = new(infoHash, infoHashV2);

    /// <summary>The info dictionary; null until a complete assembly has matched the info hash.</summary>
    public byte[]? Result => _verifier.Result;

    /// <summary>Senders of wrong pieces, in the order of detection.</summary>
    public IReadOnlyList<PeerOrigin> Guilty => _verifier.Guilty;

    /// <summary>
    /// The most complete assembly: bytes received and announced size; the size is null before a peer has announced one.
    /// </summary>
    public (long Received, int? Size) Progress =>
        Result is { } result ? (result.Length, result.Length)
        : MostComplete is { } best ? (best.Received, best.Size)
        : (0, null);

    private MetadataAssembly? MostComplete => _assemblies.MaxBy(assembly => (double)assembly.Received / assembly.Size);

    /// <summary>Records the size that a peer announced. A peer that changes it is excluded.</summary>
    /// <param name="source">The peer; added when it is new.</param>
    /// <param name="size">The announced size in bytes; null when the peer announced none.</param>
    public void OnSize(MetadataSource source, int? size)
    {
        if (!_sources.Contains(source))
            _sources.Add(source);
        if (source.Size is null && size <= maxSize)
            source.Size = size;
        else if (source.Size is { } before && (size ?? before) != before)
            Exclude(source, SourceFault.ProtocolError);
    }

    /// <summary>Removes a peer that disconnected. Its outstanding requests may be given to others.</summary>
    public void Remove(MetadataSource source)
    {
        Detach(source);
        _sources.Remove(source);
    }

    /// <summary>Adds a piece to the sender's assembly, and verifies the assembly when it is complete.</summary>
    /// <param name="source">The sender.</param>
    /// <param name="piece">The zero-based piece; need not exist.</param>
    /// <param name="data">The bytes received.</param>
    /// <param name="totalSize">The size that the message names, in bytes, or null.</param>
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

    /// <summary>Pauses requests to a peer that rejected one. A peer that rejects too often is excluded.</summary>
    public void OnReject(MetadataSource source, int piece, TimeSpan now)
    {
        if (!TakeRequest(source, piece, out MetadataAssembly? assembly))
            return;
        source.RetryAt = now + s_rejectDelay;
        if (++source.Rejects > MaxUnsolicited + (2 * assembly.PieceCount))
            Exclude(source, SourceFault.ServesNothing);
    }

    /// <summary>Gives the requests of peers that timed out to others.</summary>
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
    /// <returns>The piece; null when the peer is not to be asked now.</returns>
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
    /// Removes the request that a message answers. A message that answers none is counted as unsolicited.
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

    /// <summary>Drops the assembly of the largest size, and excludes the peers that announced it.</summary>
    private void DropLargest()
    {
        MetadataAssembly largest = _assemblies.MaxBy(each => each.Size)!;
        foreach (MetadataSource source in SourcesOf(largest))
            Exclude(source, SourceFault.SizeTooLarge);
        _assemblies.Remove(largest);
    }

    /// <summary>
    /// Verifies a complete assembly. When it is wrong, its peers start again and proven senders are excluded.
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

    /// <summary>Chooses the first piece without a request, or else one that another peer has outstanding.</summary>
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

        return source.Requests.Count < MaxDuplicates ? duplicate : null;
    }

    /// <summary>Takes a peer off its assembly. The pieces of an assembly of its own are dropped.</summary>
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
