namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The files of a torrent, as used by the piece store, the content reader and the content checker. Tests replace them
/// with files that cause I/O errors.
/// </summary>
internal interface IContentFiles : IDisposable
{
    ContentLayout Layout { get; }

    /// <summary>Returns the full path of a file in the destination.</summary>
    /// <exception cref="StorageException">The path would be outside the destination.</exception>
    string PathOf(int file);

    /// <summary>
    /// Returns a file's length on disk in bytes, or -1 if it does not exist. A symbolic link is followed.
    /// </summary>
    /// <exception cref="StorageException">The path would leave the destination, or an I/O error occurred.</exception>
    long LengthOf(int file);

    /// <summary>
    /// Whether a file may be written in the destination: it does not exist, is empty, or is known
    /// (<see cref="KnownFiles"/>).
    /// </summary>
    /// <exception cref="StorageException">The path would leave the destination, or an I/O error occurred.</exception>
    bool MayWrite(int file) => true;

    /// <summary>Whether a range of a file's bytes is stored in the part file instead of the destination file.</summary>
    /// <param name="file">Index of the file in the layout.</param>
    /// <param name="offset">Offset of the range in the file.</param>
    /// <param name="length">Length of the range in bytes. It must not cross the boundary of a piece.</param>
    /// <exception cref="StorageException">The part file cannot be opened.</exception>
    bool IsInPartFile(int file, long offset, long length) => false;

    /// <summary>
    /// Called before a piece is written. Returns the files to which to write the piece. File priorities then do not
    /// change until <see cref="EndPieceWrite"/> is called on the same thread.
    /// </summary>
    IContentFiles BeginPieceWrite() => this;

    /// <summary>Called when the write of a piece has succeeded or failed.</summary>
    void EndPieceWrite()
    {
    }

    /// <summary>
    /// Writes the buffers one after another, beginning at an offset in a file. Their bytes must belong to one piece.
    /// Creates the file and its folders if needed.
    /// </summary>
    /// <exception cref="StorageException">The file cannot be created or written.</exception>
    void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers);

    /// <summary>Fills the buffers, one after another, with bytes that begin at an offset in a file.</summary>
    /// <returns>Number of bytes read; fewer than requested at the end of the file.</returns>
    /// <exception cref="StorageException">The file cannot be opened or read.</exception>
    long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers);

    /// <summary>Reads bytes that begin at an offset in a file.</summary>
    /// <returns>Number of bytes read, possibly fewer than requested; 0 only at the end of the file.</returns>
    /// <exception cref="StorageException">The file cannot be opened or read.</exception>
    int Read(int file, long offset, Span<byte> buffer);
}

/// <summary>Extension methods that read until the buffer is full, or throw an exception.</summary>
internal static class ContentFilesExtensions
{
    /// <summary>Fills a buffer with the bytes that begin at an offset in a file.</summary>
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
    /// Fills a buffer with the bytes that begin at an offset in the torrent, from one or more files. Padding reads as
    /// zeros.
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
