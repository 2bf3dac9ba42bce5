namespace TorrentPS.Protocol.Metainfo;

/// <summary>Error code of a <see cref="MetainfoException"/>.</summary>
public enum MetainfoError
{
    /// <summary>The data is not valid bencoding (BEP 3).</summary>
    NotBencode,

    /// <summary>The data is longer than <see cref="MetainfoLimits.MaxSize"/>.</summary>
    TooLarge,

    /// <summary>Lists, dictionaries or folders are nested deeper than <see cref="MetainfoLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>
    /// The data has more bencoding tokens than <see cref="MetainfoLimits.MaxValues"/>. Each integer, string, key, and
    /// start or end of a list or dictionary is one token.
    /// </summary>
    TooManyValues,

    /// <summary>The data is valid bencoding, but not a dictionary.</summary>
    NotADictionary,

    /// <summary>The field <c>info</c> is missing.</summary>
    MissingInfo,

    /// <summary><c>info</c> is not a dictionary, or an info dictionary from peers is followed by other data.</summary>
    InvalidInfo,

    /// <summary>The field <c>name</c> is missing.</summary>
    MissingName,

    /// <summary><c>name</c> is not a string.</summary>
    InvalidName,

    /// <summary>The field <c>piece length</c> is missing.</summary>
    MissingPieceLength,

    /// <summary>
    /// <c>piece length</c> is not an integer from 1 to 1 GiB. In a v2 or hybrid torrent, it must also be a multiple of
    /// 16 KiB.
    /// </summary>
    InvalidPieceLength,

    /// <summary><c>pieces</c> (BEP 3) and <c>meta version</c> (BEP 52) are both missing.</summary>
    MissingPieces,

    /// <summary><c>pieces</c> is not a string, or its length is not a multiple of 20 bytes.</summary>
    InvalidPieces,

    /// <summary>
    /// The number of hashes in <c>pieces</c> differs from the number of pieces that result from the file lengths.
    /// </summary>
    WrongPieceCount,

    /// <summary>The torrent has more pieces than <see cref="MetainfoLimits.MaxPieces"/>.</summary>
    TooManyPieces,

    /// <summary><c>length</c> and <c>files</c> are both missing, or the torrent has no file.</summary>
    NoFiles,

    /// <summary><c>length</c> and <c>files</c> are both present. BEP 3 allows only one of them.</summary>
    AmbiguousFiles,

    /// <summary><c>files</c> is not a list, or an element of it is not a dictionary.</summary>
    InvalidFiles,

    /// <summary>The torrent has more files than <see cref="MetainfoLimits.MaxFiles"/>.</summary>
    TooManyFiles,

    /// <summary>A file has no <c>length</c>.</summary>
    MissingLength,

    /// <summary>
    /// The <c>length</c> of a file is not an integer, is negative or does not fit in 64 bits.
    /// </summary>
    InvalidLength,

    /// <summary>The sum of the file lengths does not fit in 64 bits.</summary>
    LengthOverflow,

    /// <summary>All files other than pad files are empty.</summary>
    NoContent,

    /// <summary>The <c>path</c> of a file is missing, is not a list of strings, or is empty.</summary>
    InvalidPath,

    /// <summary>The total length of all paths exceeds <see cref="MetainfoLimits.MaxTotalPathLength"/>.</summary>
    PathsTooLong,

    /// <summary><c>meta version</c> is not 2 (BEP 52).</summary>
    UnsupportedVersion,

    /// <summary><c>file tree</c> is missing or malformed, or its names are not sorted (BEP 52).</summary>
    InvalidFileTree,

    /// <summary>A file of a hybrid torrent does not start at a piece boundary (BEP 52).</summary>
    MisalignedFile,

    /// <summary>
    /// A pad file of a hybrid torrent does not end at the next piece boundary, or a v2 file tree contains a pad file
    /// (BEP 47, BEP 52).
    /// </summary>
    InvalidPadFile,

    /// <summary>
    /// The <c>pieces root</c> of a file that is not empty is missing, zero or not 32 bytes long (BEP 52).
    /// </summary>
    InvalidPiecesRoot,

    /// <summary>
    /// <c>piece layers</c> is not a dictionary, a key in it is not 32 bytes long, or a value in it is not a string
    /// (BEP 52).
    /// </summary>
    InvalidPieceLayers,

    /// <summary>
    /// The piece layer of a file has the wrong length, or does not match the file's <c>pieces root</c> (BEP 52).
    /// </summary>
    PieceLayerMismatch,

    /// <summary>
    /// The v1 and v2 parts of a hybrid torrent differ in the paths, order, lengths or symlinks of their files (BEP 52).
    /// </summary>
    HybridMismatch,

    /// <summary>The hash of an info dictionary from peers is not the info hash of the magnet link.</summary>
    InfoHashMismatch,
}
