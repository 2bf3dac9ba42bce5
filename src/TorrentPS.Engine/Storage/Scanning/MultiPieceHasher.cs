using System.Security.Cryptography;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Scanning;

/// <summary>Reads 16 consecutive full-length pieces and hashes them together (<see cref="MultiBufferSha1"/>).</summary>
/// <remarks>Each scanning thread has its own instance.</remarks>
internal sealed class MultiPieceHasher(IContentFiles files)
{
    public const int Count = MultiBufferSha1.Count;

    /// <summary>
    /// Maximum piece length, in bytes, at which pieces are hashed together. Consecutive reads are a piece length apart,
    /// because the first part of each piece is read, then the second part of each, and so on. With longer pieces, the
    /// seeks of a hard disk would take more time than the faster hashing saves.
    /// </summary>
    private const int MaxPieceLength = 1024 * 1024;

    /// <summary>
    /// Number of bytes read from each piece at a time. With 32 KiB, the number of calls is low, and the parts of 16
    /// pieces (512 KiB) stay in a core's cache.
    /// </summary>
    private const int PartLength = 32 * 1024;

    private readonly TorrentGeometry _geometry = files.Layout.Geometry;
    private readonly byte[] _parts = GC.AllocateUninitializedArray<byte>(Count * PartLength, pinned: true);
    private readonly byte[] _digests = new byte[Count * SHA1.HashSizeInBytes];
    private readonly MultiBufferSha1 _hash = new();

    public static bool IsSupported(TorrentGeometry geometry) =>
        MultiBufferSha1.IsSupported
        && geometry.PieceCount >= Count
        && geometry.PieceLength <= MaxPieceLength
        && geometry.PieceLength % MultiBufferSha1.BlockLength == 0;

    /// <summary>
    /// Whether the <see cref="Count"/> pieces that begin with <paramref name="first"/> have full length and come before
    /// piece <paramref name="end"/>.
    /// </summary>
    public bool CanHash(int first, int end)
    {
        if (end - first < Count)
            return false;
        for (int piece = first; piece < first + Count; piece++)
        {
            if (_geometry.LengthOf(new PieceIndex(piece)) != _geometry.PieceLength)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Reads and hashes <see cref="Count"/> consecutive pieces, beginning with piece <paramref name="first"/>. Passes
    /// their hashes to the sink once all have been read.
    /// </summary>
    /// <exception cref="StorageException">A piece cannot be read. No hash was passed to the sink.</exception>
    public void Hash(int first, IPieceSink sink, CancellationToken cancellation)
    {
        _hash.Reset();
        for (int at = 0; at < _geometry.PieceLength; at += PartLength)
        {
            cancellation.ThrowIfCancellationRequested();
            int length = Math.Min(PartLength, _geometry.PieceLength - at);
            for (int i = 0; i < Count; i++)
                files.ReadContent(
                    _geometry.OffsetOf(new PieceIndex(first + i)) + at, _parts.AsSpan(i * PartLength, length));
            _hash.Append(_parts, PartLength, length);
        }

        _hash.Finish(_digests);
        for (int i = 0; i < Count; i++)
            sink.Complete(new PieceIndex(first + i), _digests.AsSpan(i * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes));
    }
}
