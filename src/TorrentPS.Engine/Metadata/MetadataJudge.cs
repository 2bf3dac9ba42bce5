using System.Security.Cryptography;
using TorrentPS.Engine.Policy;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>Tells right metadata from wrong, and who lied.</summary>
/// <remarks>
/// Who sent all of a wrong assembly alone is a liar. Of several, what each of them sent is remembered, to be compared with the truth
/// when it is known; until then such an assembly's length is in doubt.
/// </remarks>
/// <param name="infoHash">The v1 hash to match, or null.</param>
/// <param name="infoHashV2">The v2 hash to match, or null.</param>
internal sealed class MetadataJudge(InfoHash? infoHash, InfoHashV2? infoHashV2)
{
    /// <summary>About so many pieces of wrong assemblies are remembered: several of the largest size.</summary>
    private const int MaxEvidence = 8 * 1024;

    private readonly HashSet<int> _doubtful = [];
    private readonly List<(int Piece, PeerOrigin Sender, UInt128 Digest)> _evidence = [];
    private readonly List<PeerOrigin> _liars = [];

    /// <summary>The info dictionary; null until it is here and right.</summary>
    public byte[]? Result { get; private set; }

    /// <summary>Who was caught, in the order of being caught.</summary>
    public IReadOnlyList<PeerOrigin> Liars => _liars;

    /// <summary>Whether several peers together made something wrong of this length: from now on each makes its own.</summary>
    public bool IsDoubtful(int size) => _doubtful.Contains(size);

    /// <summary>Judges an assembly that is whole: it becomes <see cref="Result"/>, or somebody lied.</summary>
    /// <returns>Who is caught by it.</returns>
    public IReadOnlyList<PeerOrigin> Judge(MetadataAssembly assembly)
    {
        byte[] whole = assembly.Join();
        List<PeerOrigin> caught = [];
        IReadOnlyList<PeerOrigin> senders = assembly.Senders();
        if (IsRight(whole))
        {
            Result = whole;
            caught.AddRange(_evidence.Where(piece => !Fits(piece.Piece, piece.Digest)).Select(piece => piece.Sender));
        }
        else if (senders is [PeerOrigin alone])
        {
            caught.Add(alone);
        }
        else
        {
            _doubtful.Add(assembly.Size);
            if (_evidence.Count < MaxEvidence)
                _evidence.AddRange(assembly.Evidence());
        }

        _liars.AddRange(caught.Distinct().Except(_liars));
        return caught;
    }

    private bool IsRight(byte[] whole) =>
        (infoHash is not { } v1 || new InfoHash(SHA1.HashData(whole)) == v1)
        && (infoHashV2 is not { } v2 || new InfoHashV2(SHA256.HashData(whole)) == v2);

    /// <summary>Whether a piece is a part of the truth.</summary>
    private bool Fits(int piece, UInt128 digest)
    {
        ReadOnlySpan<byte> whole = Result;
        int start = Math.Min(piece * MetadataMessage.PieceLength, whole.Length);
        int length = Math.Min(MetadataMessage.PieceLength, whole.Length - start);
        return length > 0 && MetadataAssembly.DigestOf(whole.Slice(start, length)) == digest;
    }
}
