using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// The received pieces of an info dictionary of one announced size (BEP 9). Data takes memory only when it arrives.
/// </summary>
/// <param name="size">The announced size in bytes.</param>
/// <param name="only">The one peer whose pieces are accepted; null when several peers share the assembly.</param>
internal sealed class MetadataAssembly(int size, MetadataSource? only)
{
    /// <summary>The info dictionary is divided like a torrent whose pieces are one block of 16 KiB (BEP 9).</summary>
    private readonly TorrentGeometry _pieces = TorrentGeometry.Continuous(size, TorrentGeometry.BlockLength);
    private readonly ReadOnlyMemory<byte>[] _data = new ReadOnlyMemory<byte>[CountOf(size)];
    private readonly PeerOrigin[] _senders = new PeerOrigin[CountOf(size)];
    private readonly int[] _requests = new int[CountOf(size)];
    private int _missing = CountOf(size);

    /// <summary>The announced size in bytes.</summary>
    public int Size => size;

    /// <summary>The one peer whose pieces are accepted; null when several peers share the assembly.</summary>
    public MetadataSource? Only => only;

    public int PieceCount => _data.Length;

    /// <summary>Peers that add pieces to this assembly.</summary>
    public int Sources { get; set; }

    /// <summary>Bytes received.</summary>
    public long Received { get; private set; }

    public bool IsComplete => _missing == 0;

    public bool Has(int piece) => !_data[piece].IsEmpty;

    public int LengthOf(int piece) => _pieces.LengthOf(new PieceIndex(piece));

    /// <summary>The number of peers with an outstanding request for the piece.</summary>
    public int RequestsFor(int piece) => _requests[piece];

    public void AddRequest(int piece) => _requests[piece]++;

    public void RemoveRequest(int piece) => _requests[piece]--;

    /// <summary>Adds a piece. A duplicate changes nothing.</summary>
    public void Add(int piece, ReadOnlyMemory<byte> data, PeerOrigin sender)
    {
        if (Has(piece))
            return;
        _data[piece] = data;
        _senders[piece] = sender;
        _missing--;
        Received += data.Length;
    }

    /// <summary>Joins the pieces of a complete assembly.</summary>
    public byte[] Join()
    {
        byte[] whole = new byte[size];
        for (int i = 0; i < _data.Length; i++)
            _data[i].CopyTo(whole.AsMemory((int)_pieces.OffsetOf(new PieceIndex(i))));
        return whole;
    }

    /// <summary>Gets the distinct senders in the order of their first pieces.</summary>
    public IReadOnlyList<PeerOrigin> Senders() => [.. _senders.Distinct()];

    /// <summary>
    /// Gets the sender and digest of each piece, to be compared with the verified info dictionary later.
    /// </summary>
    public IReadOnlyList<(int Piece, PeerOrigin Sender, UInt128 Digest)> Evidence() =>
        [.. _data.Select((data, piece) => (piece, _senders[piece], DigestOf(data.Span)))];

    /// <summary>Computes the first 128 bits of the SHA-256 of a piece.</summary>
    public static UInt128 DigestOf(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static int CountOf(int size) => TorrentGeometry.Continuous(size, TorrentGeometry.BlockLength).PieceCount;
}
