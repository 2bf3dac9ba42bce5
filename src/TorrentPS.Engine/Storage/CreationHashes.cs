using System.Security.Cryptography;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Gathers the hashes of a new torrent's pieces as the scanning threads read them.</summary>
internal sealed class CreationHashes(ContentLayout layout, MetainfoVersion version)
{
    private readonly ContentLayout _layout = layout;
    private readonly byte[] _sha1 = version == MetainfoVersion.V2 ? [] : new byte[layout.Geometry.PieceCount * SHA1.HashSizeInBytes];
    private readonly byte[] _roots = version == MetainfoVersion.V1 ? [] : new byte[layout.Geometry.PieceCount * MerkleTree.HashLength];

    /// <summary>The SHA-1 of every piece in order; empty for a v2 torrent.</summary>
    public ReadOnlyMemory<byte> PieceHashes => _sha1;

    /// <summary>Whether nothing but the SHA-1 of a piece is wanted: so it is when there are no trees to build.</summary>
    public bool Sha1Suffices => _roots.Length == 0;

    /// <summary>What one thread hashes into.</summary>
    public IPieceSink CreateSink() => new Sink(this);

    /// <summary>The v2 hashes by file, null for empty and pad files; none for a v1 torrent.</summary>
    public IReadOnlyList<FileHashes?> FileHashes() =>
        _roots.Length == 0 ? [] : [.. _layout.Files.Select(file => file.IsPadding || file.Length == 0 ? null : HashesOf(file))];

    private FileHashes HashesOf(ContentFile file)
    {
        int pieceLength = _layout.Geometry.PieceLength;
        int first = (int)(file.Offset / pieceLength);
        int count = (int)((file.Length + pieceLength - 1) / pieceLength);
        ReadOnlyMemory<byte> roots = _roots.AsMemory(first * MerkleTree.HashLength, count * MerkleTree.HashLength);
        return count == 1
            ? new FileHashes(roots, default)
            : new FileHashes(MerkleTree.RootOfPieceLayer(roots.Span, pieceLength), roots);
    }

    private sealed class Sink(CreationHashes owner) : IPieceSink
    {
        private readonly IncrementalHash? _sha1 =
            owner._sha1.Length > 0 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA1) : null;

        private readonly LeafHashes? _leaves = owner._roots.Length > 0 ? new LeafHashes() : null;
        private int _leafBytes;
        private int _treeWidth;
        private bool _begun;

        public void Append(PieceIndex piece, ReadOnlySpan<byte> bytes)
        {
            if (!_begun)
                Begin(piece);
            _sha1?.AppendData(bytes);
            if (_leaves is null)
                return;

            // The padding after a file belongs to the v1 piece only.
            ReadOnlySpan<byte> own = bytes[..Math.Min(bytes.Length, _leafBytes)];
            _leafBytes -= own.Length;
            _leaves.Append(own);
        }

        public void End(PieceIndex piece)
        {
            _begun = false;
            _sha1?.GetHashAndReset(owner._sha1.AsSpan(piece.Value * SHA1.HashSizeInBytes));
            _leaves?.End(_treeWidth)!.CopyTo(owner._roots, piece.Value * MerkleTree.HashLength);
        }

        public void End(PieceIndex piece, ReadOnlySpan<byte> sha1) => sha1.CopyTo(owner._sha1.AsSpan(piece.Value * SHA1.HashSizeInBytes));

        public void Reset()
        {
            _begun = false;
            _sha1?.GetHashAndReset();
            _leaves?.Reset();
        }

        public void Fail(PieceIndex piece, StorageException failure) => throw failure;

        public void Dispose() => _sha1?.Dispose();

        private void Begin(PieceIndex piece)
        {
            _begun = true;
            if (_leaves is null)
                return;
            foreach (ContentSection section in owner._layout.Sections(piece))
            {
                // In a v2 or hybrid torrent a piece begins with its one file.
                _leafBytes = (int)section.Length;
                _treeWidth = MerkleTree.LeavesPerPieceTree(owner._layout.Files[section.File].Length, owner._layout.Geometry.PieceLength);
                break;
            }
        }
    }
}
