namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>What had to be changed to make a name safe.</summary>
[Flags]
internal enum NameFlaws
{
    None = 0,

    /// <summary>Bytes that are not UTF-8.</summary>
    InvalidUtf8 = 1,

    /// <summary>Separators, control and direction-changing characters, and what Windows allows in no name.</summary>
    ForbiddenCharacter = 2,

    /// <summary>Empty, <c>.</c> or <c>..</c>.</summary>
    Relative = 4,

    /// <summary>A device name of Windows.</summary>
    Reserved = 8,

    /// <summary>Dots or spaces at the end, which Windows drops silently.</summary>
    TrailingDotOrSpace = 16,

    /// <summary>Longer than file systems take.</summary>
    TooLong = 32,

    /// <summary>The same as another name in its folder, to a file system that ignores case or Unicode form.</summary>
    Collision = 64,
}
