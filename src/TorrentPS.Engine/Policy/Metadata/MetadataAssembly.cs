using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// The sender of one piece of an info dictionary, and the first 128 bits of the SHA-256 hash of that piece.
/// </summary>
internal readonly record struct MetadataPieceDigest(int Piece, PeerOrigin Sender, UInt128 Digest);

/// <summary>
/// Collects the pieces of an info dictionary of one announced size (BEP 9), joins them, and compares the hash of the
/// result with the info hash. Memory is allocated only for received pieces, because the announced size may be wrong.
/// </summary>
/// <param name="size">The announced size in bytes.</param>
/// <param name="onlySource">
/// The only peer whose pieces are added; null if all peers that announce this size may share the assembly.
/// </param>
internal sealed class MetadataAssembly(int size, MetadataSource? onlySource)
{
    /// <summary>
    /// Maximum number of peers with an outstanding request for the same piece. The request to a second peer keeps one
    /// slow peer from delaying the end of the download.
    /// </summary>
    private const int MaxRequestsPerPiece = 2;

    /// <summary>
    /// Number of outstanding metadata requests to a peer at which the peer gets no duplicate request. A duplicate
    /// request is for a piece that is already requested from another peer. The number is small, so that few pieces are
    /// received twice.
    /// </summary>
    private const int DuplicateThreshold = 2;

    private readonly TorrentGeometry _pieces = TorrentGeometry.Continuous(size, TorrentGeometry.BlockLength);
    private readonly ReadOnlyMemory<byte>[] _data = new ReadOnlyMemory<byte>[CountOf(size)];
    private readonly PeerOrigin[] _senders = new PeerOrigin[CountOf(size)];
    private readonly int[] _requests = new int[CountOf(size)];
    private int _missing = CountOf(size);

    /// <summary>Gets the announced size in bytes.</summary>
    public int Size => size;

    /// <summary>
    /// Gets the only peer whose pieces are added; null if all peers that announce this size may share the assembly.
    /// </summary>
    public MetadataSource? OnlySource => onlySource;

    public int PieceCount => _data.Length;

    /// <summary>
    /// Gets or sets the number of peers whose <see cref="MetadataSource.Assembly"/> is this assembly.
    /// </summary>
    public int Sources { get; set; }

    public long Received { get; private set; }

    public bool IsComplete => _missing == 0;

    public bool Has(int piece) => !_data[piece].IsEmpty;

    public int LengthOf(int piece) => _pieces.LengthOf(new PieceIndex(piece));

    /// <summary>
    /// Chooses the first piece that is neither received nor requested from any peer. If there is none, chooses a piece
    /// for a duplicate request, if <see cref="MaxRequestsPerPiece"/> and <see cref="DuplicateThreshold"/> allow one.
    /// Otherwise returns null.
    /// </summary>
    /// <param name="outstanding">The pieces of the peer's outstanding requests.</param>
    public int? ChoosePiece(List<int> outstanding)
    {
        int? duplicate = null;
        for (int i = 0; i < _data.Length; i++)
        {
            if (Has(i) || outstanding.Contains(i))
                continue;
            if (_requests[i] == 0)
                return i;
            if (_requests[i] < MaxRequestsPerPiece)
                duplicate ??= i;
        }

        return outstanding.Count < DuplicateThreshold ? duplicate : null;
    }

    public void AddRequest(int piece) => _requests[piece]++;

    public void RemoveRequest(int piece) => _requests[piece]--;

    /// <summary>Adds a piece and its sender. Does nothing if the piece was already received.</summary>
    public void Add(int piece, ReadOnlyMemory<byte> data, PeerOrigin sender)
    {
        if (Has(piece))
            return;
        _data[piece] = data;
        _senders[piece] = sender;
        _missing--;
        Received += data.Length;
    }

    /// <summary>
    /// Joins the pieces and compares the hash with the info hashes. All pieces must be received.
    /// </summary>
    /// <param name="infoHash">The v1 info hash that the info dictionary must match; null if unknown.</param>
    /// <param name="infoHashV2">The v2 info hash that the info dictionary must match; null if unknown.</param>
    /// <returns>The info dictionary; null if a hash doesn't match.</returns>
    public byte[]? Verify(InfoHash? infoHash, InfoHashV2? infoHashV2)
    {
        byte[] info = new byte[size];
        for (int i = 0; i < _data.Length; i++)
            _data[i].CopyTo(info.AsMemory((int)_pieces.OffsetOf(new PieceIndex(i))));
        bool matches = (infoHash is not { } v1 || new InfoHash(SHA1.HashData(info)) == v1)
            && (infoHashV2 is not { } v2 || new InfoHashV2(SHA256.HashData(info)) == v2);
        return matches ? info : null;
    }

    /// <summary>
    /// Returns each sender of a piece once, in ascending order of the pieces. All pieces must be received.
    /// </summary>
    public IReadOnlyList<PeerOrigin> Senders() => [.. _senders.Distinct()];

    /// <summary>
    /// Returns the sender and digest of each piece, for a later comparison with the verified info dictionary.
    /// </summary>
    public IReadOnlyList<MetadataPieceDigest> PieceDigests() =>
        [.. _data.Select((data, piece) => new MetadataPieceDigest(piece, _senders[piece], DigestOf(data.Span)))];

    /// <summary>Returns whether a piece equals the piece of the same index in the info dictionary.</summary>
    public static bool IsPartOf(ReadOnlySpan<byte> info, MetadataPieceDigest piece)
    {
        int start = Math.Min(piece.Piece * TorrentGeometry.BlockLength, info.Length);
        int length = Math.Min(TorrentGeometry.BlockLength, info.Length - start);
        return length > 0 && DigestOf(info.Slice(start, length)) == piece.Digest;
    }

    private static UInt128 DigestOf(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static int CountOf(int size) => TorrentGeometry.Continuous(size, TorrentGeometry.BlockLength).PieceCount;
}
