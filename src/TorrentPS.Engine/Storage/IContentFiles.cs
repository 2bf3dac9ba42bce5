namespace TorrentPS.Engine.Storage;

/// <summary>The files of a torrent as its store, reader and checker use them: the seam behind which a test's disk can fail.</summary>
internal interface IContentFiles : IDisposable
{
    /// <summary>How the content lies over the files.</summary>
    ContentLayout Layout { get; }

    /// <summary>The full path of a file.</summary>
    /// <exception cref="StorageException">The path is not safe.</exception>
    string PathOf(int file);

    /// <summary>How long a file is on disk, in bytes; -1 when there is none. A link counts as what it leads to.</summary>
    /// <exception cref="StorageException">The path is not safe, or the disk refused.</exception>
    long LengthOf(int file);

    /// <summary>Whether bytes of a file that are not in it on disk are kept elsewhere and can be read all the same.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where they begin in the file, in bytes.</param>
    /// <param name="length">How many; they lie in one piece.</param>
    /// <exception cref="StorageException">The disk refused.</exception>
    bool HoldsApart(int file, long offset, long length) => false;

    /// <summary>A piece is about to be written, file by file, on this thread: until <see cref="EndPiece"/> its bytes stay where they go.</summary>
    void BeginPiece()
    {
    }

    /// <summary>The piece is written, or failed.</summary>
    void EndPiece()
    {
    }

    /// <summary>Writes buffers in order, all of them of one piece, creating the file and its folders when needed.</summary>
    /// <exception cref="StorageException">The disk refused.</exception>
    void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers);

    /// <summary>Reads into buffers in order.</summary>
    /// <returns>How many bytes were read; fewer than asked at the end of the file.</returns>
    /// <exception cref="StorageException">The disk refused.</exception>
    long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers);

    /// <summary>Reads into one buffer.</summary>
    /// <returns>How many bytes were read; fewer than asked at the end of the file.</returns>
    /// <exception cref="StorageException">The disk refused.</exception>
    int Read(int file, long offset, Span<byte> buffer);
}
