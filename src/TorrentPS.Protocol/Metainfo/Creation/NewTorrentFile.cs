namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>A file to include in a new torrent.</summary>
public sealed record NewTorrentFile
{
    /// <summary>
    /// Components of the file's path below the torrent's top-level folder. In a torrent without such a folder, the file
    /// name is the only component.
    /// </summary>
    public required IReadOnlyList<string> Path { get; init; }

    /// <summary>Length of the file in bytes. The length of a symlink is zero.</summary>
    public required long Length { get; init; }

    /// <summary>Attributes of the file (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// Components of the path of a symlink's target, below the top-level folder. For other files the list is empty.
    /// </summary>
    public IReadOnlyList<string> SymlinkTarget { get; init; } = [];

    /// <summary>
    /// Whether the file is a pad file: zeros that align the next file to the start of a piece (BEP 47).
    /// </summary>
    public bool IsPadding => (Attributes & TorrentFileAttributes.Padding) != 0;

    /// <summary>Creates a pad file of <paramref name="length"/> bytes, with the path that BEP 47 recommends.</summary>
    internal static NewTorrentFile Padding(long length) => new()
    {
        Path = [".pad", length.ToString(System.Globalization.CultureInfo.InvariantCulture)],
        Length = length,
        Attributes = TorrentFileAttributes.Padding,
    };
}
