using System.Buffers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// A torrent's files of which the user chooses some, and may choose others while they are read and written
/// (<see cref="SelectedFiles"/>). What was kept apart of a file that is wanted now goes into the file; a file that isn't wanted any
/// more keeps what is on disk, and one that isn't on disk yet does not appear.
/// </summary>
/// <remarks>Thread-safe. While the choice changes, who reads or writes waits.</remarks>
internal sealed class ChosenFiles : IContentFiles
{
    /// <summary>How much is carried at once, in bytes.</summary>
    private const int CarryLength = 256 * 1024;

    /// <summary>Held to read by all who read or write, so that none meets half of a change; a piece's writer holds it twice.</summary>
    private readonly ReaderWriterLockSlim _gate = new(LockRecursionPolicy.SupportsRecursion);
    private readonly IContentFiles _files;
    private readonly PieceVerifier _verifier;
    private readonly string _restPath;
    private SelectedFiles _current;

    /// <param name="files">The files on disk; disposed with this.</param>
    /// <param name="isWanted">Which entries are wanted at first, by index.</param>
    /// <param name="verifier">What the pieces must hash to; the caller's to dispose.</param>
    /// <param name="restPath">The side file for what isn't wanted, in the state folder: never in the destination.</param>
    public ChosenFiles(IContentFiles files, Func<int, bool> isWanted, PieceVerifier verifier, string restPath)
    {
        _files = files;
        _verifier = verifier;
        _restPath = restPath;
        _current = new SelectedFiles(files, isWanted, restPath);
    }

    /// <inheritdoc/>
    public ContentLayout Layout => _files.Layout;

    /// <inheritdoc/>
    public string PathOf(int file) => _files.PathOf(file);

    /// <summary>Changes the choice.</summary>
    /// <param name="isWanted">Which entries are wanted from now on, by index.</param>
    /// <exception cref="StorageException">The disk refused; the choice is as before, and nothing is lost.</exception>
    public void Choose(Func<int, bool> isWanted)
    {
        _gate.EnterWriteLock();
        try
        {
            // A side file that an earlier run could not finish holds nothing that is in use.
            string path = _restPath + ".new";
            RestFile.Delete(path);
            var next = new SelectedFiles(_files, isWanted, path);
            try
            {
                Carry(_current, next);
                next.TakeRestOf(_current);
            }
            catch
            {
                next.CloseRest();
                RestFile.Delete(path);
                throw;
            }

            _current = next;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    public long LengthOf(int file)
    {
        _gate.EnterReadLock();
        try
        {
            return _current.LengthOf(file);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public bool HoldsApart(int file, long offset, long length)
    {
        _gate.EnterReadLock();
        try
        {
            return _current.HoldsApart(file, offset, length);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public void BeginPiece() => _gate.EnterReadLock();

    /// <inheritdoc/>
    public void EndPiece() => _gate.ExitReadLock();

    /// <inheritdoc/>
    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        _gate.EnterReadLock();
        try
        {
            _current.Write(file, offset, buffers);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        _gate.EnterReadLock();
        try
        {
            return _current.Read(file, offset, buffers);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public int Read(int file, long offset, Span<byte> buffer)
    {
        _gate.EnterReadLock();
        try
        {
            return _current.Read(file, offset, buffer);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Closes the files and the side file. Whoever comes after is refused.</summary>
    public void Dispose()
    {
        // The lock itself is left to the collector: a reader that comes late must meet closed files, not a disposed lock.
        _gate.EnterWriteLock();
        try
        {
            _current.Dispose();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>
    /// Writes what was kept apart to where it belongs now: into the file, or into the new side file. Only of pieces that are right:
    /// what another choice in an earlier run left may be anything, and must not reach a file.
    /// </summary>
    private void Carry(SelectedFiles from, SelectedFiles to)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CarryLength);
        try
        {
            foreach (int index in from.SharedPieces)
            {
                var piece = new PieceIndex(index);
                if (!IsHeldApart(from, piece) || !IsRight(from, piece, buffer))
                    continue;
                foreach (ContentSection section in Layout.Sections(piece))
                {
                    if (!section.IsPadding && from.IsApart(section.File))
                        Copy(from, to, section, buffer);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool IsHeldApart(SelectedFiles files, PieceIndex piece)
    {
        foreach (ContentSection section in Layout.Sections(piece))
        {
            if (!section.IsPadding && files.HoldsApart(section.File, section.FileOffset, section.Length))
                return true;
        }

        return false;
    }

    private bool IsRight(SelectedFiles files, PieceIndex piece, byte[] buffer)
    {
        PieceHash hash = _verifier.Rent();
        try
        {
            long end = Layout.Geometry.OffsetOf(piece) + Layout.Geometry.LengthOf(piece);
            for (long at = Layout.Geometry.OffsetOf(piece); at < end; at += CarryLength)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(CarryLength, end - at));
                files.ReadContent(at, part);
                hash.Append(part);
            }

            return hash.Matches(piece);
        }
        catch (StorageException refused) when (refused.Fault.Kind == StorageFaultKind.ContentMissing)
        {
            return false;
        }
        finally
        {
            hash.Reset();
            _verifier.Return(hash);
        }
    }

    private static void Copy(SelectedFiles from, SelectedFiles to, ContentSection section, byte[] buffer)
    {
        for (long at = 0; at < section.Length; at += CarryLength)
        {
            int length = (int)Math.Min(CarryLength, section.Length - at);
            from.ReadWhole(section.File, section.FileOffset + at, buffer.AsSpan(0, length));
            to.Write(section.File, section.FileOffset + at, [buffer.AsMemory(0, length)]);
        }
    }
}
