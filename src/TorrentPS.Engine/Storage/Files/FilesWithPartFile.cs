namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The destination files and the part file of a torrent, for a fixed set of skipped files. A skipped file that does not
/// exist is not created: its bytes in shared pieces are written to the part file.
/// </summary>
/// <remarks>
/// <para>A skipped file that exists is read from the destination. If the file is known (<see cref="KnownFiles"/>), it
/// is also written there. Otherwise its bytes are written to the part file, and from then on read from there.</para>
/// <para>The part file has one slot of a piece's length for each shared piece, in ascending order of the pieces. The
/// part file therefore needs no index. Its maximum length is the sum of the lengths of the shared pieces.</para>
/// <para>With a different set of skipped files, the slots are at other offsets. Data that was written with the earlier
/// set then fails its hash check and is downloaded again. <see cref="PrioritizedFiles"/> moves the data when the set
/// changes while the torrent runs, so that it is not lost.</para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class FilesWithPartFile : IContentFiles
{
    private readonly IContentFiles _destination;
    private readonly Func<int, bool> _isWanted;
    private readonly PartFile _partFile;
    private readonly int[] _sharedPieces;

    /// <summary>
    /// For each file, by file index: whether its bytes in shared pieces are in the destination or in the part file.
    /// </summary>
    private readonly Location[] _locations;

    /// <param name="destination">The files in the destination; disposed with this object.</param>
    /// <param name="isWanted">
    /// Returns whether the file with the given index is wanted, that is, its priority is not "skip".
    /// </param>
    /// <param name="partFile">The part file; disposed with this object.</param>
    public FilesWithPartFile(IContentFiles destination, Func<int, bool> isWanted, PartFile partFile)
    {
        _destination = destination;
        _isWanted = isWanted;
        _partFile = partFile;
        _locations = new Location[Layout.Files.Length];
        _sharedPieces = FindSharedPieces();
    }

    /// <inheritdoc/>
    public ContentLayout Layout => _destination.Layout;

    /// <summary>
    /// Indices of the pieces with bytes of both wanted and skipped files, ascending. The piece at position i has slot i
    /// of the part file.
    /// </summary>
    public ReadOnlySpan<int> SharedPieces => _sharedPieces;

    private int PieceLength => Layout.Geometry.PieceLength;

    /// <inheritdoc/>
    public string PathOf(int file) => _destination.PathOf(file);

    /// <summary>
    /// Returns a file's length in the destination in bytes, or -1 if the file does not exist there. Each call also
    /// updates where the file's bytes are stored: in the part file if the file is skipped and does not exist, otherwise
    /// in the destination.
    /// </summary>
    /// <exception cref="StorageException">The path would leave the destination, or an I/O error occurred.</exception>
    public long LengthOf(int file)
    {
        long length = _destination.LengthOf(file);
        _locations[file] = length >= 0 || _isWanted(file) ? Location.Destination : Location.PartFile;
        return length;
    }

    /// <inheritdoc/>
    public bool IsInPartFile(int file, long offset, long length) =>
        PartFileOffset(file, offset) is { } at && at + length <= _partFile.Length;

    /// <inheritdoc/>
    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        if (!_isWanted(file) && !UsesPartFile(file) && !_destination.MayWrite(file))
            _locations[file] = Location.PartFile;
        if (PartFileOffset(file, offset) is { } at)
            _partFile.Write(at, buffers);
        else
            _destination.Write(file, offset, buffers);
    }

    /// <inheritdoc/>
    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        if (!UsesPartFile(file))
            return _destination.Read(file, offset, buffers);
        long total = 0;
        for (int i = 0; i < buffers.Count; i++)
        {
            int read = Read(file, offset + total, buffers[i].Span);
            total += read;
            if (read < buffers[i].Length)
                break;
        }

        return total;
    }

    /// <summary>
    /// Reads bytes that begin at an offset in a file. A read from the part file ends at the end of the piece.
    /// </summary>
    /// <returns>Number of bytes read; 0 if nothing is stored at the offset.</returns>
    /// <exception cref="StorageException">The file cannot be opened or read.</exception>
    public int Read(int file, long offset, Span<byte> buffer)
    {
        if (PartFileOffset(file, offset) is not { } at)
            return _destination.Read(file, offset, buffer);
        long inSlot = PieceLength - (at % PieceLength);
        long inFile = Math.Max(0, Layout.Files[file].Length - offset);
        return _partFile.Read(at, buffer[..(int)Math.Min(buffer.Length, Math.Min(inSlot, inFile))]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _destination.Dispose();
        _partFile.Dispose();
    }

    /// <summary>Whether the file's bytes in shared pieces are in the part file instead of the destination.</summary>
    public bool UsesPartFile(int file)
    {
        if (_locations[file] == Location.Unknown)
            LengthOf(file);
        return _locations[file] == Location.PartFile;
    }

    /// <summary>
    /// Converts an offset in a file to the offset in the part file at which the byte is stored. Returns null if the
    /// byte belongs in the destination file.
    /// </summary>
    private long? PartFileOffset(int file, long offset)
    {
        if (!UsesPartFile(file))
            return null;
        (long piece, long begin) = Math.DivRem(Layout.Files[file].Offset + offset, PieceLength);
        int slot = Array.BinarySearch(_sharedPieces, (int)piece);
        return slot < 0 ? null : ((long)slot * PieceLength) + begin;
    }

    /// <summary>
    /// Finds the shared pieces. Only the first and last piece of each file are examined, because the pieces between
    /// them have bytes of that file only.
    /// </summary>
    private int[] FindSharedPieces()
    {
        HashSet<int> wanted = [];
        HashSet<int> skipped = [];
        for (int i = 0; i < Layout.Files.Length; i++)
        {
            if (Layout.Files[i] is not { IsOnDisk: true, Length: > 0 } file)
                continue;
            HashSet<int> pieces = _isWanted(i) ? wanted : skipped;
            pieces.Add((int)(file.Offset / PieceLength));
            pieces.Add((int)((file.Offset + file.Length - 1) / PieceLength));
        }

        return [.. wanted.Intersect(skipped).Order()];
    }

    private enum Location : byte
    {
        Unknown,
        Destination,
        PartFile,
    }
}
