using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>Compares complete assemblies with the info hash and finds the senders of wrong pieces.</summary>
/// <remarks>
/// The only sender of a wrong assembly is proven guilty. When several peers sent it, the digests of their pieces are
/// kept and compared with the verified info dictionary later.
/// </remarks>
/// <param name="infoHash">The v1 info hash to match, or null.</param>
/// <param name="infoHashV2">The v2 info hash to match, or null.</param>
internal sealed class MetadataVerifier(InfoHash? infoHash, InfoHashV2? infoHashV2)
{
    /// <summary>
    /// Number of digests of pieces from which on no further wrong assembly is recorded. The pieces have 128 MiB, several
    /// times the largest info dictionary.
    /// </summary>
    private const int MaxEvidence = 8 * 1024;

    private readonly HashSet<int> _doubtful = [];
    private readonly List<(int Piece, PeerOrigin Sender, UInt128 Digest)> _evidence = [];
    private readonly List<PeerOrigin> _guilty = [];

    /// <summary>The info dictionary; null until a complete assembly has matched the info hash.</summary>
    public byte[]? Result { get; private set; }

    /// <summary>Senders of wrong pieces, in the order of detection.</summary>
    public IReadOnlyList<PeerOrigin> Guilty => _guilty;

    /// <summary>
    /// Gets whether several peers together sent a wrong assembly of this size. Each peer that announces it then gets an
    /// assembly of its own.
    /// </summary>
    public bool IsDoubtful(int size) => _doubtful.Contains(size);

    /// <summary>Verifies a complete assembly. A matching one becomes <see cref="Result"/>.</summary>
    /// <returns>The senders that are proven guilty by it.</returns>
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
