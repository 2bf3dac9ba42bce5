using System.Security.Cryptography;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Scanning;

/// <summary>Collects the piece hashes of a new torrent while its files are scanned.</summary>
internal sealed class HashCollector(ContentLayout layout, MetainfoVersion version)
{
    private readonly ContentLayout _layout = layout;
    private readonly byte[] _sha1 =
        version == MetainfoVersion.V2 ? [] : new byte[layout.Geometry.PieceCount * SHA1.HashSizeInBytes];
    private readonly byte[] _roots =
        version == MetainfoVersion.V1 ? [] : new byte[layout.Geometry.PieceCount * MerkleTree.HashLength];

    /// <summary>The SHA-1 of all pieces, one after another; empty for a v2 torrent.</summary>
    public ReadOnlyMemory<byte> PieceHashes => _sha1;

    /// <summary>
    /// Whether only the SHA-1 of each piece is needed, because the torrent is v1 and has no Merkle trees.
    /// </summary>
    public bool NeedsSha1Only => _roots.Length == 0;

    public IPieceSink CreateSink() => new Sink(this);

    /// <summary>
    /// Returns the root and piece layer of each file's hash tree (BEP 52), in the order of the files. The entry of an
    /// empty file or pad file is null. The list is empty for a v1 torrent.
    /// </summary>
    public IReadOnlyList<FileHashes?> FileHashes() =>
        _roots.Length == 0
            ? []
            : [.. _layout.Files.Select(file => file.IsPadding || file.Length == 0 ? null : HashesOf(file))];

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

    private sealed class Sink(HashCollector owner) : IPieceSink
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

            // In a hybrid torrent, the padding after a file is part of the v1 piece only.
            ReadOnlySpan<byte> ofFile = bytes[..Math.Min(bytes.Length, _leafBytes)];
            _leafBytes -= ofFile.Length;
            _leaves.Append(ofFile);
        }

        public void Complete(PieceIndex piece)
        {
            _begun = false;
            _sha1?.GetHashAndReset(owner._sha1.AsSpan(piece.Value * SHA1.HashSizeInBytes));
            _leaves?.Complete(_treeWidth)!.CopyTo(owner._roots, piece.Value * MerkleTree.HashLength);
        }

        public void Complete(PieceIndex piece, ReadOnlySpan<byte> sha1) =>
            sha1.CopyTo(owner._sha1.AsSpan(piece.Value * SHA1.HashSizeInBytes));

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
                // In v2 and hybrid torrents, a piece has bytes of one file only, and begins with them.
                _leafBytes = (int)section.Length;
                _treeWidth = MerkleTree.LeavesPerPieceTree(
                    owner._layout.Files[section.File].Length, owner._layout.Geometry.PieceLength);
                break;
            }
        }
    }
}
