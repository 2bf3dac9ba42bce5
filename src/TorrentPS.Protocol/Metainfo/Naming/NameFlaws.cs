namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>Reasons for which a name was changed to make it safe.</summary>
[Flags]
internal enum NameFlaws
{
    None = 0,

    /// <summary>Invalid UTF-8.</summary>
    InvalidUtf8 = 1,

    /// <summary>
    /// Separators, control characters, characters that change the text direction, or characters that Windows forbids.
    /// </summary>
    ForbiddenCharacter = 2,

    /// <summary>The name is empty, <c>.</c> or <c>..</c>.</summary>
    Relative = 4,

    /// <summary>The name is reserved for a device on Windows.</summary>
    Reserved = 8,

    /// <summary>Dots or spaces at the end, which Windows removes silently.</summary>
    TrailingDotOrSpace = 16,

    /// <summary>Longer than <see cref="SafeName.MaxBytes"/>.</summary>
    TooLong = 32,

    /// <summary>Equal to another name in the folder on a file system that ignores case or Unicode form.</summary>
    Collision = 64,
}
