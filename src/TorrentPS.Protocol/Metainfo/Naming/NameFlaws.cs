namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>Reasons for which a name from a torrent was changed to make it safe.</summary>
[Flags]
internal enum NameFlaws
{
    None = 0,

    InvalidUtf8 = 1,

    /// <summary>
    /// The name contains path separators, control characters, characters that change the text direction, or characters
    /// that Windows forbids.
    /// </summary>
    ForbiddenCharacter = 2,

    /// <summary>The name is empty, <c>.</c> or <c>..</c>.</summary>
    Relative = 4,

    Reserved = 8,

    /// <summary>The name ends in dots or spaces, which Windows removes silently.</summary>
    TrailingDotOrSpace = 16,

    TooLong = 32,

    /// <summary>The name equals another name in its folder, or differs from it only in case or Unicode form.</summary>
    Collision = 64,
}
