using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>Maps a torrent's content to the files of one web seed, and tracks which pieces the server has.</summary>
/// <param name="torrent">The torrent.</param>
/// <param name="layout">The files' positions in the content.</param>
/// <param name="seed">The web seed's URL.</param>
internal sealed class WebSeedContent(TorrentMetainfo torrent, ContentLayout layout, Uri seed)
{
    /// <summary>The web seed's URL.</summary>
    public Uri Seed => seed;

    /// <summary>Returns the URL of a file; null if its path can't be written as a URL.</summary>
    public Uri? UrlOf(int file) => WebSeedUrl.ForFile(seed, torrent, torrent.Files[file]);

    public long LengthOf(int file) => torrent.Files[file].Length;

    /// <summary>A block's offset in the torrent's content, in bytes.</summary>
    public long OffsetOf(BlockAddress block) => torrent.Geometry.OffsetOf(block.Piece) + block.Begin;

    /// <summary>
    /// Returns the sections of a range of the torrent's content, in order. Padding (BEP 47) isn't in any file on the
    /// server.
    /// </summary>
    public ContentLayout.SectionEnumerator Sections(long offset, long length) => layout.Sections(offset, length);

    /// <summary>The pieces that the server is assumed to have.</summary>
    public Bitfield Pieces { get; } = new(torrent.PieceCount);

    /// <summary>
    /// Sets <see cref="Pieces"/> to all pieces, except those of files whose path can't be written as a URL.
    /// </summary>
    public void Reset()
    {
        Pieces.Fill();
        foreach (TorrentFile file in torrent.Files)
        {
            // Only a path that was changed for the file system contains characters without a URL form.
            if (file.OriginalPath is not null && !file.IsPadding && UrlOf(file.Index) is null)
                MarkMissing(file.Index);
        }
    }

    /// <summary>
    /// Removes from <see cref="Pieces"/> all pieces that contain a part of a file missing on the server.
    /// </summary>
    public void MarkMissing(int file)
    {
        TorrentFile lacking = torrent.Files[file];
        for (int i = 0; i < lacking.PieceSpan; i++)
            Pieces.Remove(new PieceIndex(lacking.FirstPiece.Value + i));
    }
}
