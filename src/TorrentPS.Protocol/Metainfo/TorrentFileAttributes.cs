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
