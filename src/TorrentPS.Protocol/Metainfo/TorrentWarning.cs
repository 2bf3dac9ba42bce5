namespace TorrentPS.Protocol.Metainfo;

/// <summary>A problem in the metainfo that was corrected or ignored.</summary>
/// <param name="Code">The kind of problem.</param>
/// <param name="Location">
/// Location of the problem as a path of keys and indices, such as <c>info.files[3].path</c>. Empty for the whole data.
/// </param>
/// <param name="Message">Description of the problem.</param>
public sealed record TorrentWarning(TorrentWarningCode Code, string Location, string Message)
{
    /// <summary>Returns the location and the message, or just the message for the whole data.</summary>
    public override string ToString() => Location.Length == 0 ? Message : $"{Location}: {Message}";
}

/// <summary>Kind of problem that a <see cref="TorrentWarning"/> reports.</summary>
public enum TorrentWarningCode
{
    /// <summary>The keys of a dictionary are not sorted (BEP 3). The dictionary is used as it is.</summary>
    UnsortedKeys,

    /// <summary>A name is not valid UTF-8. Each invalid sequence was replaced by <c>_</c>.</summary>
    NameNotUtf8,

    /// <summary>
    /// A name contains separators, control characters, characters that change the text direction, or characters that
    /// Windows forbids. Each was replaced by <c>_</c>.
    /// </summary>
    NameForbiddenCharacter,

    /// <summary>
    /// A name is empty, <c>.</c> or <c>..</c>. It was replaced by <c>_</c>, or left out of the path if it is an empty
    /// folder name or <c>.</c>.
    /// </summary>
    NameRelative,

    /// <summary>A name is reserved for a device on Windows. It was prefixed with <c>_</c>.</summary>
    NameReserved,

    /// <summary>A name ends in dots or spaces. They were removed.</summary>
    NameTrailingDotOrSpace,

    /// <summary>A name is longer than 255 bytes. It was shortened, with its extension kept.</summary>
    NameTooLong,

    /// <summary>
    /// A name differs from another in its folder only in case or Unicode form, or not at all. A number was added to it.
    /// </summary>
    NameCollision,

    /// <summary>A symlink points outside the torrent. Its target was removed.</summary>
    SymlinkOutside,

    /// <summary>A symlink points to nothing in the torrent. Its target was removed.</summary>
    SymlinkDangling,

    /// <summary>An optional field is invalid. It was ignored, or for the private flag, read as private.</summary>
    FieldIgnored,

    /// <summary>The torrent has more trackers, web seeds or nodes than the limit. The rest was ignored.</summary>
    ListTruncated,

    /// <summary>A piece layer belongs to no file. It was ignored.</summary>
    UnusedPieceLayer,

    /// <summary>A hybrid torrent has no piece layers. It is verified by its v1 hashes.</summary>
    MissingPieceLayers,

    /// <summary>There are more warnings than the limit.</summary>
    MoreWarnings,
}
