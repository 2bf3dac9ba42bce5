using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>The <c>piece layers</c> of a v2 or hybrid torrent, each checked against the root it belongs to (BEP 52).</summary>
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
            throw torrent.Fail(MetainfoError.InvalidPieceLayers, string.Empty, "There are no piece layers.");
        if (_value.Kind != BencodeKind.Dictionary)
            throw _value.Fail(MetainfoError.InvalidPieceLayers, Location, "This is no dictionary.");
        foreach ((BencodeValue key, BencodeValue layer) in _value.Entries())
        {
            if (key.Bytes.Length != MerkleTree.HashLength || layer.Kind != BencodeKind.Bytes)
                throw key.Fail(MetainfoError.InvalidPieceLayers, Location, "An entry is no root with a string of hashes.");
            _layers.Add(Key(key.Bytes), layer);
        }
    }

    /// <summary>How many layers belong to no file asked for so far.</summary>
    public int Unused => _layers.Count - _verified.Count;

    /// <summary>The layer of a file; empty when the file fits into one piece and has none.</summary>
    public ReadOnlyMemory<byte> LayerOf(RawFile file)
    {
        if (file.Length <= _pieceLength)
            return default;
        string key = Key(file.Root);
        if (!_layers.TryGetValue(key, out BencodeValue layer))
            throw _value.Fail(MetainfoError.PieceLayerMismatch, file.Location, "The file has no piece layer.");
        long pieces = ((file.Length - 1) / _pieceLength) + 1;
        if (layer.Bytes.Length != pieces * MerkleTree.HashLength)
        {
            string message = $"The piece layer has {layer.Bytes.Length} bytes in the place of {pieces} hashes.";
            throw layer.Fail(MetainfoError.PieceLayerMismatch, file.Location, message);
        }

        // Files with the same content share one layer, which is hashed once.
        if (_verified.Add(key) && !MerkleTree.RootOfPieceLayer(layer.Bytes.Span, _pieceLength).AsSpan().SequenceEqual(file.Root.Span))
            throw layer.Fail(MetainfoError.PieceLayerMismatch, file.Location, "The piece layer does not lead to the file's root.");
        return layer.Bytes;
    }

    private static string Key(ReadOnlyMemory<byte> root) => Encoding.Latin1.GetString(root.Span);
}
