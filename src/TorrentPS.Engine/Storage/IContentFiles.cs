namespace TorrentPS.Engine.Storage;

/// <summary>The files of a torrent as its store, reader and checker use them: the seam behind which a test's disk can fail.</summary>
internal interface IContentFiles : IDisposable
{
    /// <summary>How the content lies over the files.</summary>
    ContentLayout Layout { get; }

    /// <summary>The full path of a file.</summary>
    /// <exception cref="StorageException">The path is not safe.</exception>
    string PathOf(int file);

    /// <summary>Writes buffers in order, creating the file and its folders when needed.</summary>
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
