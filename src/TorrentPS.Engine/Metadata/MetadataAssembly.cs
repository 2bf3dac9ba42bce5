using System.Security.Cryptography;
using TorrentPS.Engine.Policy;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>An info dictionary of a claimed length, as it grows from pieces. What is claimed costs nothing before it comes.</summary>
/// <param name="size">The claimed length in bytes.</param>
/// <param name="only">The peer that all of it is to come from; null when several share the work.</param>
internal sealed class MetadataAssembly(int size, MetadataPeer? only)
{
    private readonly ReadOnlyMemory<byte>[] _pieces = new ReadOnlyMemory<byte>[MetadataMessage.PieceCount(size)];
    private readonly PeerOrigin[] _senders = new PeerOrigin[MetadataMessage.PieceCount(size)];
    private readonly int[] _asked = new int[MetadataMessage.PieceCount(size)];
    private int _lacking = MetadataMessage.PieceCount(size);

    /// <summary>The claimed length in bytes.</summary>
    public int Size => size;

    /// <summary>The peer that all of it is to come from; null when several share the work.</summary>
    public MetadataPeer? Only => only;

    /// <summary>How many pieces it has.</summary>
    public int PieceCount => _pieces.Length;

    /// <summary>How many peers work on it.</summary>
    public int Workers { get; set; }

    /// <summary>Bytes that are here.</summary>
    public long Received { get; private set; }

    /// <summary>Whether every piece is here.</summary>
    public bool IsWhole => _lacking == 0;

    /// <summary>Whether a piece is here.</summary>
    public bool Has(int piece) => !_pieces[piece].IsEmpty;

    /// <summary>How many peers have been asked for a piece and owe it.</summary>
    public int AskedFor(int piece) => _asked[piece];

    /// <summary>One more peer is asked for a piece.</summary>
    public void Ask(int piece) => _asked[piece]++;

    /// <summary>A peer that was asked owes the piece no more.</summary>
    public void Release(int piece) => _asked[piece]--;

    /// <summary>A piece came; one that is here already changes nothing.</summary>
    public void Add(int piece, ReadOnlyMemory<byte> data, PeerOrigin sender)
    {
        if (Has(piece))
            return;
        _pieces[piece] = data;
        _senders[piece] = sender;
        _lacking--;
        Received += data.Length;
    }

    /// <summary>All of it in one; to be called when it is whole.</summary>
    public byte[] Join()
    {
        byte[] whole = new byte[size];
        for (int i = 0; i < _pieces.Length; i++)
            _pieces[i].CopyTo(whole.AsMemory(i * MetadataMessage.PieceLength));
        return whole;
    }

    /// <summary>Who sent it, each once, in the order of their first pieces.</summary>
    public IReadOnlyList<PeerOrigin> Senders() => [.. _senders.Distinct()];

    /// <summary>What each piece was and who sent it, to be compared with the truth later.</summary>
    public IReadOnlyList<(int Piece, PeerOrigin Sender, UInt128 Digest)> Evidence() =>
        [.. _pieces.Select((data, piece) => (piece, _senders[piece], DigestOf(data.Span)))];

    /// <summary>What tells one piece's bytes from others.</summary>
    public static UInt128 DigestOf(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
