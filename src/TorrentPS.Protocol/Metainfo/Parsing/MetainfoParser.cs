using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Metainfo.Naming;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Parses a metainfo file, or an info dictionary alone. Other types of this namespace parse parts of the metainfo.
/// </summary>
internal sealed class MetainfoParser
{
    private const string PieceLengthLocation = "info.piece length";

    private readonly MetainfoLimits _limits;
    private readonly WarningList _warnings;
    private readonly BencodeValue _torrent;
    private readonly BencodeValue _info;

    /// <summary>
    /// Whether the input is an info dictionary without the rest of a torrent file. An info dictionary never contains
    /// piece layers, so no warning is given if they are missing.
    /// </summary>
    private readonly bool _isInfoAlone;

    private MetainfoParser(BencodeValue torrent, MetainfoLimits limits, bool isInfoAlone)
    {
        _limits = limits;
        _isInfoAlone = isInfoAlone;
        _warnings = new WarningList(limits.MaxWarnings);
        _torrent = torrent;
        if (torrent.Kind != BencodeKind.Dictionary)
            throw torrent.Fail(MetainfoError.NotADictionary, string.Empty, "The torrent is not a dictionary.");
        if (!torrent.TryGet("info"u8, out _info))
            throw torrent.Fail(MetainfoError.MissingInfo, string.Empty, "The info dictionary is missing.");
        if (_info.Kind != BencodeKind.Dictionary)
            throw _info.Fail(MetainfoError.InvalidInfo, "info", "The value is not a dictionary.");
    }

    public static TorrentMetainfo Parse(ReadOnlyMemory<byte> data, MetainfoLimits limits)
    {
        try
        {
            var torrent = BencodeValue.ParseFirst(data, limits.Bencode);
            var parser = new MetainfoParser(torrent, limits, isInfoAlone: false);
            int trailing = data.Length - torrent.Raw.Length;
            if (trailing > 0)
            {
                string message = $"Bytes after the torrent were ignored: {trailing}.";
                parser._warnings.Add(TorrentWarningCode.TrailingData, string.Empty, message);
            }

            return parser.Parse();
        }
        catch (BencodeException e)
        {
            throw MetainfoFailure.From(e);
        }
    }

    public static TorrentMetainfo ParseInfo(ReadOnlyMemory<byte> info, MagnetLink link, MetainfoLimits limits)
    {
        bool matches = (link.InfoHash is not { } v1 || v1 == new InfoHash(SHA1.HashData(info.Span)))
            && (link.InfoHashV2 is not { } v2 || v2 == new InfoHashV2(SHA256.HashData(info.Span)));
        if (!matches)
        {
            const string message = "The info dictionary does not have the info hash of the magnet link.";
            throw new MetainfoException(MetainfoError.InfoHashMismatch, "info", 0, message);
        }

        // A magnet link has no tiers: each tracker gets a tier of its own.
        var file = new MetainfoWriter
        {
            Trackers = [.. link.Trackers.Select(url => new[] { url })],
            WebSeeds = link.WebSeeds,
        };
        byte[] data = file.Write(writer => writer.WriteRaw(info.Span));
        try
        {
            var torrent = BencodeValue.Parse(data, limits.Bencode with { MaxLength = data.Length });
            TorrentMetainfo read = new MetainfoParser(torrent, limits, isInfoAlone: true).Parse();
            if (read.InfoBytes.Length != info.Length)
            {
                throw new MetainfoException(
                    MetainfoError.InvalidInfo, "info", 0, "The info dictionary is followed by other data.");
            }

            return read;
        }
        catch (BencodeException e)
        {
            throw MetainfoFailure.From(e);
        }
    }

    private TorrentMetainfo Parse()
    {
        if (!_torrent.KeysAreSorted)
            _warnings.Add(TorrentWarningCode.UnsortedKeys, string.Empty, "The keys of a dictionary are not sorted.");
        MetainfoVersion version = ReadVersion();
        ReadOnlyMemory<byte> rawName = RawName();
        string name = SafeName.Clean(rawName.Span, out NameFlaws flaws);
        NameWarnings.Report(flaws, "info.name", _warnings);
        int pieceLength = PieceLength(version);

        List<RawFile> files = ReadFiles(version, rawName, pieceLength);
        bool isMultiFile = _info.TryGet("files"u8, out _) && version != MetainfoVersion.V2
            || files is not [{ Path.Parent: null }];
        TorrentGeometry geometry = Geometry(version, files, pieceLength);
        ReadOnlyMemory<byte> hashes = version == MetainfoVersion.V2 ? default : PieceHashes(geometry.PieceCount);
        PieceLayers? layers = version == MetainfoVersion.V1 ? null : ReadLayers(pieceLength);
        string originalName = Encoding.UTF8.GetString(rawName.Span);
        var builder = new FileListBuilder(isMultiFile ? name : null, originalName, _limits, _warnings);
        List<TorrentFile> safeFiles = builder.Build(files, pieceLength, version == MetainfoVersion.V2, layers);
        if (layers is not null)
            WarnOf(layers, version);
        var addresses = new AddressFields(_torrent, _limits, _warnings);
        var texts = new TextFields(_limits, _warnings);
        ReadOnlyMemory<byte> infoBytes = _info.Raw;
        return new TorrentMetainfo
        {
            Name = name,
            OriginalName = flaws == NameFlaws.None ? null : DisplayText.Mark(originalName),
            Version = version,
            InfoHash = version == MetainfoVersion.V2 ? null : new InfoHash(SHA1.HashData(infoBytes.Span)),
            InfoHashV2 = version == MetainfoVersion.V1 ? null : new InfoHashV2(SHA256.HashData(infoBytes.Span)),
            Size = files.Where(file => !file.IsPadding).Sum(file => file.Length),
            Geometry = geometry,
            Files = safeFiles,
            IsMultiFile = isMultiFile,
            Trackers = addresses.Trackers(),
            WebSeeds = addresses.Urls("url-list", "url-list"u8),
            HttpSeeds = addresses.Urls("httpseeds", "httpseeds"u8),
            Nodes = addresses.Nodes(),
            IsPrivate = texts.IsPrivate(_info),
            Comment = texts.Lines(_torrent, "comment", "comment"),
            CreatedBy = texts.Line(_torrent, "created by", "created by"),
            Source = texts.Line(_info, "source", "info.source"),
            CreationDate = texts.Date(_torrent),
            InfoBytes = infoBytes,
            PieceHashes = hashes,
            LacksPieceLayers = layers is { Missing: > 0 },
            HashedFiles = [.. safeFiles.Where(file => HasPieceRoots(file, pieceLength))],
            Warnings = _warnings.Warnings,
        };
    }

    /// <summary>
    /// Determines the format of the metainfo. This is the first check, because an unsupported <c>meta version</c> must
    /// be reported before any other error (BEP 52).
    /// </summary>
    private MetainfoVersion ReadVersion()
    {
        bool hasPieces = _info.TryGet("pieces"u8, out _);
        if (!_info.TryGet("meta version"u8, out BencodeValue version))
        {
            return hasPieces
                ? MetainfoVersion.V1
                : throw _info.Fail(
                    MetainfoError.MissingPieces, "info", "'pieces' and 'meta version' are both missing.");
        }

        if (!version.TryGetInt64(out long number) || number != 2)
        {
            throw version.Fail(
                MetainfoError.UnsupportedVersion,
                "info.meta version",
                "The version is not supported; only version 2 is.");
        }

        return hasPieces ? MetainfoVersion.Hybrid : MetainfoVersion.V2;
    }

    private PieceLayers ReadLayers(int pieceLength)
    {
        if (!BitOperations.IsPow2(pieceLength))
        {
            _warnings.Add(
                TorrentWarningCode.PieceLengthNotPowerOfTwo,
                PieceLengthLocation,
                "The piece length of a v2 torrent is not a power of two; its piece layers were ignored.");
            return PieceLayers.None(pieceLength);
        }

        return _torrent.TryGet("piece layers"u8, out BencodeValue layers)
            ? PieceLayers.Read(layers, pieceLength)
            : PieceLayers.None(pieceLength);
    }

    private void WarnOf(PieceLayers layers, MetainfoVersion version)
    {
        if (layers.Unused > 0)
        {
            string message = $"{layers.Unused} piece layers belong to no file.";
            _warnings.Add(TorrentWarningCode.UnusedPieceLayer, "piece layers", message);
        }

        if (layers.Missing > 0 && !_isInfoAlone)
        {
            string effect = version == MetainfoVersion.Hybrid
                ? "the content is verified by the v1 hashes"
                : "the content cannot be verified without them";
            string message = $"Files that lack their piece layer: {layers.Missing}; {effect}.";
            _warnings.Add(TorrentWarningCode.MissingPieceLayers, "piece layers", message);
        }
    }

    private static bool HasPieceRoots(TorrentFile file, int pieceLength) =>
        !file.PiecesRoot.IsEmpty && (file.Length <= pieceLength || !file.PieceLayer.IsEmpty);

    private ReadOnlyMemory<byte> RawName()
    {
        if (!FileFields.TryGetUtf8Variant(_info, "name", BencodeKind.Bytes, out BencodeValue name))
            throw _info.Fail(MetainfoError.MissingName, "info", "The name is missing.");
        return name.Kind == BencodeKind.Bytes
            ? name.Bytes
            : throw name.Fail(MetainfoError.InvalidName, "info.name", "The name is not a string.");
    }

    private int PieceLength(MetainfoVersion version)
    {
        if (!_info.TryGet("piece length"u8, out BencodeValue value))
            throw _info.Fail(MetainfoError.MissingPieceLength, "info", "The piece length is missing.");
        const int largest = TorrentGeometry.MaxPieceLength;
        if (!value.TryGetInt64(out long length) || length is <= 0 or > largest)
        {
            string message = $"The piece length is not an integer between 1 and {largest}.";
            throw value.Fail(MetainfoError.InvalidPieceLength, PieceLengthLocation, message);
        }

        if (version != MetainfoVersion.V1 && length % MerkleTree.LeafLength != 0)
        {
            string message = $"The piece length of a v2 torrent is not a multiple of {MerkleTree.LeafLength}.";
            throw value.Fail(MetainfoError.InvalidPieceLength, PieceLengthLocation, message);
        }

        return (int)length;
    }

    private List<RawFile> ReadFiles(MetainfoVersion version, ReadOnlyMemory<byte> name, int pieceLength)
    {
        if (version == MetainfoVersion.V1)
            return FileListReader.Read(_info, name, _limits, _warnings);
        if (version == MetainfoVersion.V2)
            return FileTreeReader.Read(_info, _limits, _warnings);
        List<RawFile> v1 = FileListReader.Read(_info, name, _limits, _warnings);
        List<RawFile> v2 = FileTreeReader.Read(_info, _limits, _warnings);
        return HybridCheck.Merge(v1, v2, pieceLength);
    }

    private TorrentGeometry Geometry(MetainfoVersion version, List<RawFile> files, int pieceLength)
    {
        long total = 0;
        long alignedPieces = 0;
        long content = 0;
        foreach (RawFile file in files)
        {
            if (file.Length > long.MaxValue - total)
            {
                const string message = "The sum of the file lengths does not fit in 64 bits.";
                throw file.Value.Fail(MetainfoError.LengthOverflow, file.Location, message);
            }

            total += file.Length;
            content += file.IsPadding ? 0 : file.Length;
            alignedPieces += PiecesIn(file.Length, pieceLength);
        }

        if (content == 0)
            throw _info.Fail(MetainfoError.NoContent, "info", "All files are empty.");
        long pieces = version == MetainfoVersion.V2 ? alignedPieces : PiecesIn(total, pieceLength);
        if (pieces > _limits.MaxPieces)
        {
            string message = $"The torrent has {pieces} pieces, more than the limit of {_limits.MaxPieces}.";
            throw _info.Fail(MetainfoError.TooManyPieces, "info", message);
        }

        return version == MetainfoVersion.V2
            ? TorrentGeometry.FileAligned(files.Select(file => file.Length), pieceLength)
            : TorrentGeometry.Continuous(total, pieceLength);
    }

    private ReadOnlyMemory<byte> PieceHashes(int pieceCount)
    {
        _info.TryGet("pieces"u8, out BencodeValue pieces);
        if (pieces.Kind != BencodeKind.Bytes || pieces.Bytes.Length % InfoHash.Length != 0)
        {
            string message = $"The value is not a string of {InfoHash.Length}-byte hashes.";
            throw pieces.Fail(MetainfoError.InvalidPieces, "info.pieces", message);
        }

        int count = pieces.Bytes.Length / InfoHash.Length;
        if (count != pieceCount)
        {
            string message = $"The value has {count} piece hashes; the files have {pieceCount} pieces.";
            throw pieces.Fail(MetainfoError.WrongPieceCount, "info.pieces", message);
        }

        return pieces.Bytes;
    }

    private static long PiecesIn(long length, int pieceLength) =>
        (length / pieceLength) + (length % pieceLength == 0 ? 0 : 1);
}
