namespace TorrentPS.Protocol.Metainfo;

/// <summary>What a torrent says about a file beside its content (BEP 47, "attr").</summary>
[Flags]
public enum TorrentFileAttributes
{
    /// <summary>An ordinary file.</summary>
    None = 0,

    /// <summary>Zeros that align the next file; never written to disk.</summary>
    Padding = 1,

    /// <summary>May be run.</summary>
    Executable = 2,

    /// <summary>Hidden.</summary>
    Hidden = 4,

    /// <summary>A link to another file of the torrent; its length is zero.</summary>
    Symlink = 8,
}

/// <summary>The letters of <c>attr</c> (BEP 47).</summary>
internal static class AttributeLetters
{
    public static readonly (TorrentFileAttributes Attribute, char Letter)[] All =
    [
        (TorrentFileAttributes.Padding, 'p'),
        (TorrentFileAttributes.Executable, 'x'),
        (TorrentFileAttributes.Hidden, 'h'),
        (TorrentFileAttributes.Symlink, 'l'),
    ];

    /// <summary>The attributes that letters stand for; unknown ones are passed over.</summary>
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
