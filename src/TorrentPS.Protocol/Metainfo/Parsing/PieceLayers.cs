using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// The <c>piece layers</c> of a v2-only or hybrid torrent (BEP 52). Compares each layer with the <c>pieces root</c> of
/// its file. A missing layer is not an error, because BEP 52 lets a client request piece layers from peers.
/// </summary>
internal sealed class PieceLayers
{
    private const string Location = "piece layers";
    private readonly Dictionary<string, BencodeValue> _layers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _verified = new(StringComparer.Ordinal);
    private readonly int _pieceLength;

    private PieceLayers(int pieceLength) => _pieceLength = pieceLength;

    /// <summary>Number of layers that <see cref="LayerOf"/> has not returned so far.</summary>
    public int Unused => _layers.Count - _verified.Count;

    /// <summary>Number of files whose layer <see cref="LayerOf"/> did not find.</summary>
    public int Missing { get; private set; }

    /// <summary>Returns an instance without layers. <see cref="LayerOf"/> then finds no layer for any file.</summary>
    public static PieceLayers None(int pieceLength) => new(pieceLength);

    public static PieceLayers Read(BencodeValue value, int pieceLength)
    {
        if (value.Kind != BencodeKind.Dictionary)
            throw value.Fail(MetainfoError.InvalidPieceLayers, Location, "The value is not a dictionary.");
        var read = new PieceLayers(pieceLength);
        foreach ((BencodeValue key, BencodeValue layer) in value.Entries())
        {
            if (key.Bytes.Length != MerkleTree.HashLength || layer.Kind != BencodeKind.Bytes)
            {
                throw key.Fail(
                    MetainfoError.InvalidPieceLayers,
                    Location,
                    "An entry is not a 32-byte root with a string of hashes.");
            }

            read._layers.Add(Key(key.Bytes), layer);
        }

        return read;
    }

    /// <summary>
    /// Returns the piece layer of a file. It is empty for a file of at most one piece, and if the layer is missing.
    /// Throws if the layer has the wrong length or does not match the file's <c>pieces root</c>.
    /// </summary>
    public ReadOnlyMemory<byte> LayerOf(RawFile file)
    {
        if (file.Length <= _pieceLength)
            return default;
        string key = Key(file.Root);
        if (!_layers.TryGetValue(key, out BencodeValue layer))
        {
            Missing++;
            return default;
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
