using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>Maps a torrent's content to the files of one web seed, and stores which pieces the server has.</summary>
internal sealed class WebSeedContent(TorrentMetainfo torrent, ContentLayout layout, Uri seed)
{
    public Uri Seed => seed;

    /// <summary>Returns the URL of a file, or null if the file's path cannot be written as a URL.</summary>
    public Uri? UrlOf(int file) => WebSeedUrl.ForFile(seed, torrent, torrent.Files[file]);

    public long LengthOf(int file) => torrent.Files[file].Length;

    /// <summary>Returns the offset of a block in the torrent's content, in bytes.</summary>
    public long OffsetOf(BlockAddress block) => torrent.Geometry.OffsetOf(block.Piece) + block.Begin;

    /// <summary>
    /// Returns the sections of a range of the torrent's content, in order. Sections that are padding (BEP 47) can't be
    /// fetched, because the server has no file with them.
    /// </summary>
    public ContentLayout.SectionEnumerator Sections(long offset, long length) => layout.Sections(offset, length);

    /// <summary>The pieces that the server is assumed to have.</summary>
    public Bitfield Pieces { get; } = new(torrent.PieceCount);

    /// <summary>
    /// Sets <see cref="Pieces"/> to all pieces except those of files whose path cannot be written as a URL.
    /// </summary>
    public void Reset()
    {
        Pieces.Fill();
        foreach (TorrentFile file in torrent.Files)
        {
            // Only a path that was changed for the file system contains characters without a URL form.
            if (file.OriginalPath is not null && !file.IsPadding && UrlOf(file.Index) is null)
                RemoveFile(file.Index);
        }
    }

    /// <summary>
    /// Removes from <see cref="Pieces"/> each piece that contains bytes of a file. Called if the server does not have
    /// the file.
    /// </summary>
    public void RemoveFile(int file)
    {
        TorrentFile removed = torrent.Files[file];
        for (int i = 0; i < removed.PieceSpan; i++)
            Pieces.Remove(new PieceIndex(removed.FirstPiece.Value + i));
    }
}
