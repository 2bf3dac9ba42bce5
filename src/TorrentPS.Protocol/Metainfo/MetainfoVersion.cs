namespace TorrentPS.Protocol.Metainfo;

/// <summary>Which generation of the format a torrent has.</summary>
public enum MetainfoVersion
{
    /// <summary>SHA-1 over pieces that run across files (BEP 3).</summary>
    V1,

    /// <summary>A SHA-256 tree for each file (BEP 52).</summary>
    V2,

    /// <summary>Both, over the same files.</summary>
    Hybrid,
}
