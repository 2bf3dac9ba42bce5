using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// Verifies complete assemblies of the info dictionary against the info hash, and finds the senders of wrong pieces.
/// </summary>
/// <remarks>
/// If one peer sent all pieces of an assembly that doesn't match the info hash, that peer sent wrong data. If several
/// peers did, the verifier keeps the digests of their pieces. It compares these digests with the info dictionary once
/// an assembly has matched.
/// </remarks>
/// <param name="infoHash">The v1 info hash that the info dictionary must match; null if unknown.</param>
/// <param name="infoHashV2">The v2 info hash that the info dictionary must match; null if unknown.</param>
internal sealed class MetadataVerifier(InfoHash? infoHash, InfoHashV2? infoHashV2)
{
    /// <summary>
    /// Number of kept digests at which the digests of further failed assemblies are discarded. 8,192 digests cover 128
    /// MiB of pieces, which is several info dictionaries of the default maximum size.
    /// </summary>
    private const int MaxDigests = 8 * 1024;

    private readonly HashSet<int> _failedSizes = [];
    private readonly List<(int Piece, PeerOrigin Sender, UInt128 Digest)> _digests = [];
    private readonly List<PeerOrigin> _wrongSenders = [];

    /// <summary>Gets the info dictionary; null until a complete assembly has matched the info hash.</summary>
    public byte[]? Result { get; private set; }

    /// <summary>Gets the senders of wrong pieces, in the order in which they were found.</summary>
    public IReadOnlyList<PeerOrigin> WrongSenders => _wrongSenders;

    /// <summary>
    /// Returns whether an assembly of this size with pieces from several peers didn't match the info hash. Each peer
    /// that announces this size then needs its own assembly.
    /// </summary>
    public bool HasSharedAssemblyFailed(int size) => _failedSizes.Contains(size);

    /// <summary>
    /// Verifies a complete assembly. Sets <see cref="Result"/> if the assembly matches the info hash.
    /// </summary>
    /// <returns>The senders of wrong pieces that this call found, possibly with duplicates.</returns>
    public IReadOnlyList<PeerOrigin> Verify(MetadataAssembly assembly)
    {
        byte[] info = assembly.Join();
        List<PeerOrigin> found = [];
        IReadOnlyList<PeerOrigin> senders = assembly.Senders();
        if (Matches(info))
        {
            Result = info;
            found.AddRange(
                _digests.Where(piece => !IsPartOf(info, piece.Piece, piece.Digest)).Select(piece => piece.Sender));
        }
        else if (senders is [PeerOrigin onlySender])
        {
            found.Add(onlySender);
        }
        else
        {
            _failedSizes.Add(assembly.Size);
            if (_digests.Count < MaxDigests)
                _digests.AddRange(assembly.PieceDigests());
        }

        _wrongSenders.AddRange(found.Distinct().Except(_wrongSenders));
        return found;
    }

    private bool Matches(byte[] info) =>
        (infoHash is not { } v1 || new InfoHash(SHA1.HashData(info)) == v1)
        && (infoHashV2 is not { } v2 || new InfoHashV2(SHA256.HashData(info)) == v2);

    private static bool IsPartOf(ReadOnlySpan<byte> info, int piece, UInt128 digest)
    {
        int start = Math.Min(piece * TorrentGeometry.BlockLength, info.Length);
        int length = Math.Min(TorrentGeometry.BlockLength, info.Length - start);
        return length > 0 && MetadataAssembly.DigestOf(info.Slice(start, length)) == digest;
    }
}
