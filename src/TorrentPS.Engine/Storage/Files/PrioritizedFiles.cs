using System.Buffers;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The files of a torrent whose file priorities may change while the files are read and written. While at least one
/// file has the priority "skip", reads and writes go through <see cref="FilesWithPartFile"/>. Otherwise they go
/// directly to the destination files.
/// </summary>
/// <remarks>Thread-safe. Reads and writes wait while priorities change.</remarks>
internal sealed class PrioritizedFiles : IContentFiles
{
    /// <summary>
    /// Maximum number of bytes copied at a time from the part file. With 256 KiB, a copy needs few system calls and
    /// little memory.
    /// </summary>
    private const int CopyLength = 256 * 1024;

    /// <summary>
    /// Entered as reader during each read and each write of a piece, and as writer while priorities change.
    /// </summary>
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly IContentFiles _destination;
    private readonly PieceVerifier _verifier;
    private PartFile _partFile;
    private IContentFiles _current;

    /// <param name="destination">The files in the destination; disposed with this object.</param>
    /// <param name="isWanted">
    /// Returns whether the file with the given index is initially wanted. A file with the priority "skip" is not
    /// wanted.
    /// </param>
    /// <param name="verifier">Verifies pieces before their data is copied from the part file. The caller disposes
    /// it.</param>
    /// <param name="partFilePath">Path of the part file, in the state folder.</param>
    public PrioritizedFiles(
        IContentFiles destination, Func<int, bool> isWanted, PieceVerifier verifier, string partFilePath)
    {
        _destination = destination;
        _verifier = verifier;
        _partFile = new PartFile(partFilePath);
        _current = FilesFor(isWanted, _partFile);
    }

    /// <inheritdoc/>
    public ContentLayout Layout => _destination.Layout;

    /// <inheritdoc/>
    public string PathOf(int file) => _destination.PathOf(file);

    /// <summary>
    /// Changes which files are wanted. Data in the part file that belongs to a newly wanted file is written to that
    /// file. The data of a file that is no longer wanted remains on disk.
    /// </summary>
    /// <param name="isWanted">Returns whether the file with the given index is wanted from now on.</param>
    /// <exception cref="StorageException">Data cannot be copied. The set of wanted files has not changed, and no data
    /// is lost.</exception>
    public void ChangeWanted(Func<int, bool> isWanted)
    {
        _lock.EnterWriteLock();
        try
        {
            // A file with this name is left over if an earlier run was killed here. Its data is also in the part file.
            string newPath = _partFile.FilePath + ".new";
            PartFile.Delete(newPath);
            var nextPartFile = new PartFile(newPath);
            IContentFiles next = FilesFor(isWanted, nextPartFile);
            try
            {
                if (_current is FilesWithPartFile current)
                    MovePartFileData(current, next);
                nextPartFile.Replace(_partFile);
            }
            catch
            {
                nextPartFile.Dispose();
                PartFile.Delete(newPath);
                throw;
            }

            (_current, _partFile) = (next, nextPartFile);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    public long LengthOf(int file)
    {
        using ReadLock readLock = EnterReadLock();
        return _current.LengthOf(file);
    }

    /// <inheritdoc/>
    public bool IsInPartFile(int file, long offset, long length)
    {
        using ReadLock readLock = EnterReadLock();
        return _current.IsInPartFile(file, offset, length);
    }

    /// <inheritdoc/>
    public IContentFiles BeginPieceWrite()
    {
        _lock.EnterReadLock();
        return _current;
    }

    /// <inheritdoc/>
    public void EndPieceWrite() => _lock.ExitReadLock();

    /// <inheritdoc/>
    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        using ReadLock readLock = EnterReadLock();
        _current.Write(file, offset, buffers);
    }

    /// <inheritdoc/>
    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        using ReadLock readLock = EnterReadLock();
        return _current.Read(file, offset, buffers);
    }

    /// <inheritdoc/>
    public int Read(int file, long offset, Span<byte> buffer)
    {
        using ReadLock readLock = EnterReadLock();
        return _current.Read(file, offset, buffer);
    }

    /// <summary>Closes the destination files and the part file. Later reads and writes fail.</summary>
    public void Dispose()
    {
        // The lock is not disposed: a late read must fail with a StorageException, not with an exception from the lock.
        _lock.EnterWriteLock();
        try
        {
            _current.Dispose();
            _partFile.Dispose();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    private IContentFiles FilesFor(Func<int, bool> isWanted, PartFile partFile) =>
        Layout.Files.Index().Any(file => file.Item.IsOnDisk && !isWanted(file.Index))
            ? new FilesWithPartFile(_destination, isWanted, partFile)
            : _destination;

    /// <summary>
    /// Copies the data of the part file to the destination files or to slots of the new part file. Verifies each piece
    /// first and leaves out pieces that fail. Their slots may have data from an earlier run with other skipped files.
    /// </summary>
    private void MovePartFileData(FilesWithPartFile from, IContentFiles to)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyLength);
        try
        {
            foreach (int index in from.SharedPieces)
            {
                var piece = new PieceIndex(index);
                if (!HasPartFileData(from, piece) || !MatchesHash(from, piece, buffer))
                    continue;
                foreach (ContentSection section in Layout.Sections(piece))
                {
                    if (!section.IsPadding && from.UsesPartFile(section.File))
                        Copy(from, to, section, buffer);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool HasPartFileData(FilesWithPartFile files, PieceIndex piece)
    {
        foreach (ContentSection section in Layout.Sections(piece))
        {
            if (!section.IsPadding && files.IsInPartFile(section.File, section.FileOffset, section.Length))
                return true;
        }

        return false;
    }

    private bool MatchesHash(FilesWithPartFile files, PieceIndex piece, byte[] buffer)
    {
        PieceHash hash = _verifier.Rent();
        try
        {
            long end = Layout.Geometry.OffsetOf(piece) + Layout.Geometry.LengthOf(piece);
            for (long at = Layout.Geometry.OffsetOf(piece); at < end; at += CopyLength)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(CopyLength, end - at));
                files.ReadContent(at, part);
                hash.Append(part);
            }

            return hash.Matches(piece);
        }
        catch (StorageException exception) when (exception.Fault.Kind == StorageFaultKind.ContentMissing)
        {
            return false;
        }
        finally
        {
            hash.Reset();
            _verifier.Return(hash);
        }
    }

    private static void Copy(FilesWithPartFile from, IContentFiles to, ContentSection section, byte[] buffer)
    {
        for (long at = 0; at < section.Length; at += CopyLength)
        {
            int length = (int)Math.Min(CopyLength, section.Length - at);
            from.ReadExactly(section.File, section.FileOffset + at, buffer.AsSpan(0, length));
            to.Write(section.File, section.FileOffset + at, [buffer.AsMemory(0, length)]);
        }
    }

    private ReadLock EnterReadLock()
    {
        _lock.EnterReadLock();
        return new ReadLock(_lock);
    }

    private readonly struct ReadLock(ReaderWriterLockSlim entered) : IDisposable
    {
        public void Dispose() => entered.ExitReadLock();
    }
}
