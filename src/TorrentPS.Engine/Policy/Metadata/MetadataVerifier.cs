using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>Checks complete assemblies against the info hash, and finds the senders of wrong pieces.</summary>
/// <remarks>
/// If a wrong assembly has only one sender, that peer sent wrong data. If it has several, the digests of their pieces
/// are kept, and compared with the info dictionary once that is verified.
/// </remarks>
/// <param name="infoHash">The v1 info hash to match; null if unknown.</param>
/// <param name="infoHashV2">The v2 info hash to match; null if unknown.</param>
internal sealed class MetadataVerifier(InfoHash? infoHash, InfoHashV2? infoHashV2)
{
    /// <summary>
    /// Number of kept piece digests at which the digests of further wrong assemblies are no longer added. This many
    /// digests cover 128 MiB, several info dictionaries of the largest size.
    /// </summary>
    private const int MaxEvidence = 8 * 1024;

    private readonly HashSet<int> _doubtful = [];
    private readonly List<(int Piece, PeerOrigin Sender, UInt128 Digest)> _evidence = [];
    private readonly List<PeerOrigin> _guilty = [];

    /// <summary>The info dictionary; null until a complete assembly has matched the info hash.</summary>
    public byte[]? Result { get; private set; }

    /// <summary>The senders of wrong pieces, in the order in which they were found.</summary>
    public IReadOnlyList<PeerOrigin> Guilty => _guilty;

    /// <summary>
    /// Whether an assembly of this size from several peers was wrong. Each peer that announces the size must then get
    /// an assembly of its own.
    /// </summary>
    public bool IsDoubtful(int size) => _doubtful.Contains(size);

    /// <summary>Checks a complete assembly. If it matches the info hash, sets <see cref="Result"/>.</summary>
    /// <returns>The senders of wrong pieces that this check has found. May contain duplicates.</returns>
    public IReadOnlyList<PeerOrigin> Verify(MetadataAssembly assembly)
    {
        byte[] whole = assembly.Join();
        List<PeerOrigin> proven = [];
        IReadOnlyList<PeerOrigin> senders = assembly.Senders();
        if (Matches(whole))
        {
            Result = whole;
            proven.AddRange(
                _evidence.Where(piece => !IsPartOf(whole, piece.Piece, piece.Digest)).Select(piece => piece.Sender));
        }
        else if (senders is [PeerOrigin alone])
        {
            proven.Add(alone);
        }
        else
        {
            _doubtful.Add(assembly.Size);
            if (_evidence.Count < MaxEvidence)
                _evidence.AddRange(assembly.Evidence());
        }

        _guilty.AddRange(proven.Distinct().Except(_guilty));
        return proven;
    }

    private bool Matches(byte[] whole) =>
        (infoHash is not { } v1 || new InfoHash(SHA1.HashData(whole)) == v1)
        && (infoHashV2 is not { } v2 || new InfoHashV2(SHA256.HashData(whole)) == v2);

    private static bool IsPartOf(ReadOnlySpan<byte> whole, int piece, UInt128 digest)
    {
        int start = Math.Min(piece * TorrentGeometry.BlockLength, whole.Length);
        int length = Math.Min(TorrentGeometry.BlockLength, whole.Length - start);
        return length > 0 && MetadataAssembly.DigestOf(whole.Slice(start, length)) == digest;
    }
}
