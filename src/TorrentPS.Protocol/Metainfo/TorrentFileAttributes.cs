namespace TorrentPS.Protocol.Metainfo;

/// <summary>Attributes of a file in a torrent, given by the letters of <c>attr</c> (BEP 47).</summary>
[Flags]
public enum TorrentFileAttributes
{
    /// <summary>No attribute.</summary>
    None = 0,

    /// <summary>Pad file: zeros that align the next file to the start of a piece. It is not written to disk.</summary>
    Padding = 1,

    /// <summary>Executable file.</summary>
    Executable = 2,

    /// <summary>Hidden file.</summary>
    Hidden = 4,

    /// <summary>Symlink to another file or folder of the torrent. Its length is zero.</summary>
    Symlink = 8,
}

/// <summary>Converts the letters of <c>attr</c> to attributes (BEP 47). Unknown letters are ignored.</summary>
internal static class AttributeLetters
{
    public static readonly (TorrentFileAttributes Attribute, char Letter)[] All =
    [
        (TorrentFileAttributes.Padding, 'p'),
        (TorrentFileAttributes.Executable, 'x'),
        (TorrentFileAttributes.Hidden, 'h'),
        (TorrentFileAttributes.Symlink, 'l'),
    ];

    public static TorrentFileAttributes Read(ReadOnlySpan<byte> letters)
    {
        var attributes = TorrentFileAttributes.None;
        foreach ((TorrentFileAttributes attribute, char letter) in All)
        {
            if (letters.Contains((byte)letter))
                attributes |= attribute;
        }

        return attributes;
    }
}
