namespace TorrentPS.Engine.Storage;

/// <summary>Reading that is whole or fails.</summary>
internal static class ContentFilesReading
{
    /// <summary>Fills a buffer from one file.</summary>
    /// <exception cref="StorageException">The file is gone, shorter, or the disk refused.</exception>
    public static void ReadWhole(this IContentFiles files, int file, long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int read = files.Read(file, offset, buffer);
            if (read == 0)
                throw StorageFaults.Wrap(new EndOfStreamException(), files.PathOf(file));
            buffer = buffer[read..];
            offset += read;
        }
    }

    /// <summary>Fills a buffer with a part of the torrent's run, whatever files it lies in; padding reads as zeros.</summary>
    /// <exception cref="StorageException">A file is gone, shorter, or the disk refused.</exception>
    public static void ReadContent(this IContentFiles files, long offset, Span<byte> buffer)
    {
        foreach (ContentSection section in files.Layout.Sections(offset, buffer.Length))
        {
            Span<byte> part = buffer.Slice((int)(section.Offset - offset), (int)section.Length);
            if (section.IsPadding)
                part.Clear();
            else
                files.ReadWhole(section.File, section.FileOffset, part);
        }
    }
}
