namespace TorrentPS.Protocol.Metainfo;

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
