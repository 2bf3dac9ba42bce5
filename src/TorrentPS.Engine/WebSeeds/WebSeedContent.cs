using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>What of a torrent lies where on one web server, as far as is known.</summary>
/// <param name="torrent">The torrent.</param>
/// <param name="layout">How its bytes lie over its files.</param>
/// <param name="seed">The server's address.</param>
internal sealed class WebSeedContent(TorrentMetainfo torrent, ContentLayout layout, Uri seed)
{
    /// <summary>The server's address.</summary>
    public Uri Seed => seed;

    /// <summary>The address of a file; null when it can't be named.</summary>
    public Uri? UrlOf(int file) => WebSeedUrl.ForFile(seed, torrent, torrent.Files[file]);

    /// <summary>A file's length in bytes.</summary>
    public long LengthOf(int file) => torrent.Files[file].Length;

    /// <summary>Where a block begins in the torrent's run, in bytes.</summary>
    public long OffsetOf(BlockAddress block) => torrent.Geometry.OffsetOf(block.Piece) + block.Begin;

    /// <summary>The parts of a range of the torrent's run, in order: files, and padding that no server has.</summary>
    public ContentLayout.SectionEnumerator Sections(long offset, long length) => layout.Sections(offset, length);

    /// <summary>The pieces that the server has all of.</summary>
    public Bitfield Pieces { get; } = new(torrent.PieceCount);

    /// <summary>Takes the server to have everything but what can't be named.</summary>
    public void Reset()
    {
        Pieces.Fill();
        foreach (TorrentFile file in torrent.Files)
        {
            // Only a path that had to be changed holds what no address can.
            if (file.OriginalPath is not null && !file.IsPadding && UrlOf(file.Index) is null)
                Lack(file.Index);
        }
    }

    /// <summary>The server turned out not to have a file.</summary>
    public void Lack(int file)
    {
        TorrentFile lacking = torrent.Files[file];
        for (int i = 0; i < lacking.PieceSpan; i++)
            Pieces.Remove(new PieceIndex(lacking.FirstPiece.Value + i));
    }
}
