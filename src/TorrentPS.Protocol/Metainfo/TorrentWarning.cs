namespace TorrentPS.Protocol.Metainfo;

/// <summary>Something odd in a torrent that was made safe or ignored.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Location">Where, as a path of keys and indices such as <c>info.files[3].path</c>.</param>
/// <param name="Message">The same for a person.</param>
public sealed record TorrentWarning(TorrentWarningCode Code, string Location, string Message);

/// <summary>What was odd in a torrent, and what was done about it.</summary>
public enum TorrentWarningCode
{
    /// <summary>Dictionary keys are not in order (BEP 3); read all the same.</summary>
    UnsortedKeys,

    /// <summary>A name was not UTF-8; each wrong sequence became '_'.</summary>
    NameNotUtf8,

    /// <summary>A name held separators, control or direction-changing characters, or what Windows forbids; each became '_'.</summary>
    NameForbiddenCharacter,

    /// <summary>A name was empty, "." or ".."; it became '_', or was left out where it changes nothing.</summary>
    NameRelative,

    /// <summary>A name is one of Windows' devices; it got a '_' in front.</summary>
    NameReserved,

    /// <summary>A name ended in dots or spaces, which were cut off.</summary>
    NameTrailingDotOrSpace,

    /// <summary>A name was longer than 255 bytes and was shortened, extension kept.</summary>
    NameTooLong,

    /// <summary>A name is the same as another in its folder but for case or Unicode form; it got a number.</summary>
    NameCollision,

    /// <summary>A symlink leads outside the torrent; it has no target now.</summary>
    SymlinkOutside,

    /// <summary>A symlink names nothing that is in the torrent; it has no target now.</summary>
    SymlinkDangling,

    /// <summary>An optional field was not what it should be; ignored.</summary>
    FieldIgnored,

    /// <summary>There were more trackers, web seeds or nodes than the limit; the rest is ignored.</summary>
    ListTruncated,

    /// <summary>A piece layer belongs to no file; ignored.</summary>
    UnusedPieceLayer,

    /// <summary>A hybrid torrent has no piece layers; it is verified by its v1 part.</summary>
    MissingPieceLayers,

    /// <summary>There were more warnings than the limit.</summary>
    MoreWarnings,
}
