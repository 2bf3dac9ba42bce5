using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Metadata;

/// <summary>
/// The received pieces of an info dictionary of one announced size (BEP 9). Memory is allocated only for received
/// pieces, because the announced size may be wrong.
/// </summary>
/// <param name="size">The announced size in bytes.</param>
/// <param name="only">The one peer whose pieces are accepted; null when several peers share the assembly.</param>
internal sealed class MetadataAssembly(int size, MetadataSource? only)
{
    /// <summary>The division of the info dictionary into pieces of 16 KiB (BEP 9).</summary>
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

    /// <summary>Number of connected peers whose pieces are added to this assembly.</summary>
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

    /// <summary>Adds a received piece. A piece that was received before is ignored.</summary>
    public void Add(int piece, ReadOnlyMemory<byte> data, PeerOrigin sender)
    {
        if (Has(piece))
            return;
        _data[piece] = data;
        _senders[piece] = sender;
        _missing--;
        Received += data.Length;
    }

    /// <summary>Returns the info dictionary, joined from the pieces. The assembly must be complete.</summary>
    public byte[] Join()
    {
        byte[] whole = new byte[size];
        for (int i = 0; i < _data.Length; i++)
            _data[i].CopyTo(whole.AsMemory((int)_pieces.OffsetOf(new PieceIndex(i))));
        return whole;
    }

    /// <summary>
    /// Returns the distinct senders, in the order of their first pieces. The assembly must be complete.
    /// </summary>
    public IReadOnlyList<PeerOrigin> Senders() => [.. _senders.Distinct()];

    /// <summary>
    /// Returns the sender and digest of each piece, for a later comparison with the verified info dictionary.
    /// </summary>
    public IReadOnlyList<(int Piece, PeerOrigin Sender, UInt128 Digest)> Evidence() =>
        [.. _data.Select((data, piece) => (piece, _senders[piece], DigestOf(data.Span)))];

    /// <summary>Computes the digest of a piece: the first 128 bits of its SHA-256.</summary>
    public static UInt128 DigestOf(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static int CountOf(int size) => TorrentGeometry.Continuous(size, TorrentGeometry.BlockLength).PieceCount;
}
