namespace TorrentPS.Protocol.Metainfo;

/// <summary>A problem in the metainfo that was corrected or ignored.</summary>
/// <param name="Code">The kind of problem.</param>
/// <param name="Location">
/// Location of the problem as a path of keys and indices, such as <c>info.files[3].path</c>. If it is empty, the
/// problem concerns the whole data.
/// </param>
/// <param name="Message">Description of the problem.</param>
public sealed record TorrentWarning(TorrentWarningCode Code, string Location, string Message)
{
    /// <summary>Returns the message, with the location before it if there is one.</summary>
    public override string ToString() => Location.Length == 0 ? Message : $"{Location}: {Message}";
}

/// <summary>Kind of problem that a <see cref="TorrentWarning"/> reports.</summary>
public enum TorrentWarningCode
{
    /// <summary>
    /// The keys of a dictionary are not sorted, although BEP 3 requires sorted keys. The dictionary was read
    /// nevertheless.
    /// </summary>
    UnsortedKeys,

    /// <summary>A name is not valid UTF-8. Each invalid sequence was replaced by <c>_</c>.</summary>
    NameNotUtf8,

    /// <summary>
    /// A name contains path separators, control characters, characters that change the text direction, or characters
    /// that Windows forbids. Each of these characters was replaced by <c>_</c>.
    /// </summary>
    NameForbiddenCharacter,

    /// <summary>
    /// A name is empty, <c>.</c> or <c>..</c>. If it is the name of a folder below the top-level folder and is empty or
    /// <c>.</c>, it was left out of the path. Otherwise it was replaced by <c>_</c>.
    /// </summary>
    NameRelative,

    /// <summary>A name is reserved for a device on Windows. It was prefixed with <c>_</c>.</summary>
    NameReserved,

    /// <summary>
    /// A name ends in dots or spaces, which Windows removes from names. These dots and spaces were removed.
    /// </summary>
    NameTrailingDotOrSpace,

    /// <summary>
    /// A name is longer than 255 bytes and was shortened. Its extension was kept, unless the extension is longer than
    /// 32 bytes.
    /// </summary>
    NameTooLong,

    /// <summary>
    /// A name equals another name in its folder, or differs from it only in case or Unicode form. A number was added to
    /// the name.
    /// </summary>
    NameCollision,

    /// <summary>The target path of a symlink leads outside the torrent. The target was removed.</summary>
    SymlinkOutside,

    /// <summary>
    /// The target path of a symlink is missing, or leads to no other file or folder of the torrent. The symlink was
    /// left without a target.
    /// </summary>
    SymlinkDangling,

    /// <summary>
    /// An optional field is invalid and was ignored. The only exception is the private flag: a torrent with an invalid
    /// private flag is treated as private.
    /// </summary>
    FieldIgnored,

    /// <summary>
    /// The torrent has more trackers, web seeds or DHT nodes than the limit allows. Those after the limit were ignored.
    /// </summary>
    ListTruncated,

    /// <summary>A piece layer belongs to no file of the torrent. It was ignored.</summary>
    UnusedPieceLayer,

    /// <summary>
    /// The piece layers of some or all files are missing. A hybrid torrent is verified by its v1 hashes; a v2-only
    /// torrent cannot be verified.
    /// </summary>
    MissingPieceLayers,

    /// <summary>The metainfo is followed by other data, which was ignored.</summary>
    TrailingData,

    /// <summary>
    /// The piece length of a v2 or hybrid torrent is not a power of two, although BEP 52 requires a power of two. The
    /// piece layers were ignored, because the blocks of such a piece do not form a subtree of their file's hash tree.
    /// </summary>
    PieceLengthNotPowerOfTwo,

    /// <summary>
    /// There are more warnings than <see cref="MetainfoLimits.MaxWarnings"/>. Further warnings were dropped.
    /// </summary>
    MoreWarnings,
}
