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
}
