using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Reads <c>piece layers</c> of a v2-only or hybrid torrent, and compares each layer with the <c>pieces root</c> of its
/// file (BEP 52).
/// </summary>
internal sealed class PieceLayers
{
    private const string Location = "piece layers";
    private readonly Dictionary<string, BencodeValue> _layers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _verified = new(StringComparer.Ordinal);
    private readonly BencodeValue _value;
    private readonly int _pieceLength;

    public PieceLayers(BencodeValue torrent, int pieceLength)
    {
        _pieceLength = pieceLength;
        if (!torrent.TryGet("piece layers"u8, out _value))
            throw torrent.Fail(MetainfoError.InvalidPieceLayers, string.Empty, "The piece layers are missing.");
        if (_value.Kind != BencodeKind.Dictionary)
            throw _value.Fail(MetainfoError.InvalidPieceLayers, Location, "The value is not a dictionary.");
        foreach ((BencodeValue key, BencodeValue layer) in _value.Entries())
        {
            if (key.Bytes.Length != MerkleTree.HashLength || layer.Kind != BencodeKind.Bytes)
            {
                throw key.Fail(
                    MetainfoError.InvalidPieceLayers,
                    Location,
                    "An entry is not a 32-byte root with a string of hashes.");
            }

            _layers.Add(Key(key.Bytes), layer);
        }
    }

    /// <summary>Number of layers that <see cref="LayerOf"/> has not returned so far.</summary>
    public int Unused => _layers.Count - _verified.Count;

    /// <summary>
    /// Returns the piece layer of a file, which is empty for a file of at most one piece. Throws if the layer is
    /// missing, has the wrong length, or does not match the file's <c>pieces root</c>.
    /// </summary>
    public ReadOnlyMemory<byte> LayerOf(RawFile file)
    {
        if (file.Length <= _pieceLength)
            return default;
        string key = Key(file.Root);
        if (!_layers.TryGetValue(key, out BencodeValue layer))
        {
            throw _value.Fail(
                MetainfoError.PieceLayerMismatch, file.Location, "The piece layer of the file is missing.");
        }

        long pieces = ((file.Length - 1) / _pieceLength) + 1;
        if (layer.Bytes.Length != pieces * MerkleTree.HashLength)
        {
            string message =
                $"The piece layer of the file is {layer.Bytes.Length} bytes long; expected {pieces} hashes.";
            throw layer.Fail(MetainfoError.PieceLayerMismatch, file.Location, message);
        }

        // Files with the same content share one layer, which is checked once.
        if (!_verified.Add(key))
            return layer.Bytes;
        byte[] root = MerkleTree.RootOfPieceLayer(layer.Bytes.Span, _pieceLength);
        if (root.AsSpan().SequenceEqual(file.Root.Span))
            return layer.Bytes;
        const string mismatch = "The piece layer does not match the pieces root of the file.";
        throw layer.Fail(MetainfoError.PieceLayerMismatch, file.Location, mismatch);
    }

    private static string Key(ReadOnlyMemory<byte> root) => Encoding.Latin1.GetString(root.Span);
}
