namespace TorrentPS.Protocol.Metainfo;

/// <summary>Why a torrent is refused.</summary>
public enum MetainfoError
{
    /// <summary>The data is not bencoding (BEP 3).</summary>
    NotBencode,

    /// <summary>The data is longer than the limit.</summary>
    TooLarge,

    /// <summary>Lists, dictionaries or folders are nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>The data holds more values than the limit.</summary>
    TooManyValues,

    /// <summary>The data is bencoding, but no dictionary.</summary>
    NotADictionary,

    /// <summary>There is no <c>info</c>.</summary>
    MissingInfo,

    /// <summary><c>info</c> is no dictionary.</summary>
    InvalidInfo,

    /// <summary>There is no <c>name</c>.</summary>
    MissingName,

    /// <summary><c>name</c> is no string.</summary>
    InvalidName,

    /// <summary>There is no <c>piece length</c>.</summary>
    MissingPieceLength,

    /// <summary><c>piece length</c> is no integer, not positive, too large or, in a v2 torrent, no power of two of 16 KiB or more.</summary>
    InvalidPieceLength,

    /// <summary>There is neither <c>pieces</c> (BEP 3) nor a v2 <c>file tree</c> (BEP 52).</summary>
    MissingPieces,

    /// <summary><c>pieces</c> is no string of 20-byte hashes.</summary>
    InvalidPieces,

    /// <summary>The number of piece hashes is not what the lengths ask for.</summary>
    WrongPieceCount,

    /// <summary>There are more pieces than the limit.</summary>
    TooManyPieces,

    /// <summary>There is neither <c>length</c> nor <c>files</c>, or no file in them.</summary>
    NoFiles,

    /// <summary>Both <c>length</c> and <c>files</c> are there (BEP 3 allows one).</summary>
    AmbiguousFiles,

    /// <summary><c>files</c> is no list of dictionaries.</summary>
    InvalidFiles,

    /// <summary>There are more files than the limit.</summary>
    TooManyFiles,

    /// <summary>A <c>length</c> is missing.</summary>
    MissingLength,

    /// <summary>A <c>length</c> is no integer, is negative, or is not zero where it has to be.</summary>
    InvalidLength,

    /// <summary>The lengths add up to more than a torrent can have.</summary>
    LengthOverflow,

    /// <summary>All files are empty.</summary>
    NoContent,

    /// <summary>A file's <c>path</c> is no list of strings, or has none.</summary>
    InvalidPath,

    /// <summary>The paths take more room than the limit.</summary>
    PathsTooLong,

    /// <summary><c>meta version</c> is not one this library reads (BEP 52).</summary>
    UnsupportedVersion,

    /// <summary>The <c>file tree</c> is missing or is not one (BEP 52).</summary>
    InvalidFileTree,

    /// <summary>A file of a hybrid torrent does not begin a piece (BEP 52).</summary>
    MisalignedFile,

    /// <summary>A pad file is not where, or not as long as, one may be (BEP 47, BEP 52).</summary>
    InvalidPadFile,

    /// <summary>A <c>pieces root</c> is missing or is no 32 bytes (BEP 52).</summary>
    InvalidPiecesRoot,

    /// <summary><c>piece layers</c> is missing, or is no dictionary of hashes (BEP 52).</summary>
    InvalidPieceLayers,

    /// <summary>A file's piece layer is missing, has the wrong length or does not lead to the file's root (BEP 52).</summary>
    PieceLayerMismatch,

    /// <summary>The v1 and the v2 part of a hybrid torrent describe different files (BEP 52).</summary>
    HybridMismatch,

    /// <summary>An info dictionary is not the one that a magnet link names.</summary>
    InfoHashMismatch,
}
