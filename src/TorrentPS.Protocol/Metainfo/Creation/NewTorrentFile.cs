namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>A file to make a torrent of.</summary>
public sealed record NewTorrentFile
{
    /// <summary>The path below the torrent's top-level folder, by components; for a single file, its name alone.</summary>
    public required IReadOnlyList<string> Path { get; init; }

    /// <summary>The length in bytes; zero for a symlink.</summary>
    public required long Length { get; init; }

    /// <summary>What to say about the file (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>For a symlink, its target below the top-level folder, by components.</summary>
    public IReadOnlyList<string> SymlinkTarget { get; init; } = [];

    /// <summary>Whether these are zeros that align the next file (BEP 47).</summary>
    public bool IsPadding => (Attributes & TorrentFileAttributes.Padding) != 0;

    /// <summary>The pad file of a length, under the name BEP 47 recommends.</summary>
    internal static NewTorrentFile Padding(long length) => new()
    {
        Path = [".pad", length.ToString(System.Globalization.CultureInfo.InvariantCulture)],
        Length = length,
        Attributes = TorrentFileAttributes.Padding,
    };
}
