namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The files of a torrent, as the piece store, the reader for peers and the checker use them. Tests replace it by a
/// disk that fails.
/// </summary>
internal interface IContentFiles : IDisposable
{
    /// <summary>Maps the torrent's bytes to its files.</summary>
    ContentLayout Layout { get; }

    /// <summary>Returns the full path of a file in the destination.</summary>
    /// <exception cref="StorageException">The path would leave the destination.</exception>
    string PathOf(int file);

    /// <summary>
    /// Returns a file's length on disk in bytes, or -1 if it does not exist. A symbolic link is followed.
    /// </summary>
    /// <exception cref="StorageException">The path would leave the destination, or an I/O error occurred.</exception>
    long LengthOf(int file);

    /// <summary>Whether a range of a file's bytes is in the part file instead of the file.</summary>
    /// <param name="file">Index of the file in the layout.</param>
    /// <param name="offset">Offset of the range in the file.</param>
    /// <param name="length">Length of the range in bytes. It must not cross the boundary of a piece.</param>
    /// <exception cref="StorageException">The part file cannot be opened.</exception>
    bool IsInPartFile(int file, long offset, long length) => false;

    /// <summary>
    /// Starts writing a piece, file by file, on this thread. Until <see cref="EndPieceWrite"/>, file priorities do not
    /// change.
    /// </summary>
    void BeginPieceWrite()
    {
    }

    /// <summary>Ends writing a piece, successful or not.</summary>
    void EndPieceWrite()
    {
    }

    /// <summary>
    /// Writes buffers, one after another, all of one piece. Creates the file and its folders if needed.
    /// </summary>
    /// <exception cref="StorageException">The file cannot be created or written.</exception>
    void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers);

    /// <summary>Reads into buffers, one after another.</summary>
    /// <returns>Number of bytes read; fewer than requested at the end of the file.</returns>
    /// <exception cref="StorageException">The file cannot be opened or read.</exception>
    long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers);

    /// <summary>Reads into one buffer.</summary>
    /// <returns>Number of bytes read: at least 1, or 0 at the end of the file. May be fewer than requested.</returns>
    /// <exception cref="StorageException">The file cannot be opened or read.</exception>
    int Read(int file, long offset, Span<byte> buffer);
}

/// <summary>Reads that fail unless they fill the buffer.</summary>
internal static class ContentFilesExtensions
{
    /// <summary>Fills a buffer from one file.</summary>
    /// <exception cref="StorageException">The file is missing, too short or cannot be read.</exception>
    public static void ReadExactly(this IContentFiles files, int file, long offset, Span<byte> buffer)
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

    /// <summary>
    /// Fills a buffer from an offset in the torrent on, over as many files as needed. Padding reads as zeros.
    /// </summary>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read.</exception>
    public static void ReadContent(this IContentFiles files, long offset, Span<byte> buffer)
    {
        foreach (ContentSection section in files.Layout.Sections(offset, buffer.Length))
        {
            Span<byte> part = buffer.Slice((int)(section.Offset - offset), (int)section.Length);
            if (section.IsPadding)
                part.Clear();
            else
                files.ReadExactly(section.File, section.FileOffset, part);
        }
    }
}
