using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Reads and hashes sixteen neighbouring pieces of one length together: one scanning thread's way to many SHA-1s.</summary>
internal sealed class PieceLanes(IContentFiles files)
{
    /// <summary>How many pieces are hashed together.</summary>
    public const int Count = Sha1Lanes.Count;

    /// <summary>
    /// How long pieces may be, in bytes: the parts read in turn are that far apart, and a disk that has to move its head for each
    /// would lose with long pieces what the processor gains.
    /// </summary>
    private const int MaxPieceLength = 1024 * 1024;

    /// <summary>How much of each piece is read at once, in bytes: few calls, and the parts of all are in a core's cache when hashed.</summary>
    private const int PartLength = 32 * 1024;

    private readonly TorrentGeometry _geometry = files.Layout.Geometry;
    private readonly byte[] _parts = GC.AllocateUninitializedArray<byte>(Count * PartLength, pinned: true);
    private readonly byte[] _digests = new byte[Count * SHA1.HashSizeInBytes];
    private readonly Sha1Lanes _hash = new();

    /// <summary>Whether pieces of a torrent can be hashed together on this machine.</summary>
    public static bool Suit(TorrentGeometry geometry) =>
        Sha1Lanes.IsSupported
        && geometry.PieceCount >= Count
        && geometry.PieceLength <= MaxPieceLength
        && geometry.PieceLength % Sha1Lanes.BlockLength == 0;

    /// <summary>Whether as many pieces from <paramref name="first"/> on, all before <paramref name="end"/>, are whole.</summary>
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

    /// <summary>Reads and hashes the pieces, and hands the hashes over when all of them were read.</summary>
    /// <exception cref="StorageException">Some piece can't be read; none has been handed over.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Hash(int first, IPieceSink sink, CancellationToken cancellation)
    {
        _hash.Reset();
        for (int at = 0; at < _geometry.PieceLength; at += PartLength)
        {
            cancellation.ThrowIfCancellationRequested();
            int length = Math.Min(PartLength, _geometry.PieceLength - at);
            for (int lane = 0; lane < Count; lane++)
                files.ReadContent(_geometry.OffsetOf(new PieceIndex(first + lane)) + at, _parts.AsSpan(lane * PartLength, length));
            _hash.Append(_parts, PartLength, length);
        }

        _hash.Finish(_digests);
        for (int lane = 0; lane < Count; lane++)
            sink.End(new PieceIndex(first + lane), _digests.AsSpan(lane * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes));
    }
}
