namespace TorrentPS.Engine.Storage;

/// <summary>
/// A torrent's files when only some are wanted: a piece that a wanted and an unwanted file share does not make the unwanted file
/// appear. Its bytes of a file that is neither wanted nor on disk go to a <see cref="RestFile"/> and are read from there. An
/// unwanted file that is on disk already is read and written in place.
/// </summary>
/// <remarks>
/// <para>The side file is made of one slot for each shared piece, in their order: as big as what was fetched for it, on volumes
/// without sparse files too, and in no need of an index. With another choice of files the slots may lie otherwise. What is then
/// found is not what a piece hashes to, so it counts as absent and is fetched again.</para>
/// <para>The choice does not change: <see cref="ChosenFiles"/> carries what is kept over to another one. In a later run with another
/// choice, the bytes of a file that is wanted then are absent too, and fetched again.</para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class SelectedFiles : IContentFiles
{
    private readonly IContentFiles _files;
    private readonly Func<int, bool> _isWanted;
    private readonly RestFile _rest;
    private readonly Place[] _places;

    private readonly int[] _shared;

    /// <param name="files">The files on disk; disposed with this.</param>
    /// <param name="isWanted">Which entries are wanted, by index.</param>
    /// <param name="restPath">The side file, in the state folder: never in the destination.</param>
    public SelectedFiles(IContentFiles files, Func<int, bool> isWanted, string restPath)
    {
        _files = files;
        _isWanted = isWanted;
        _rest = new RestFile(restPath);
        _places = new Place[Layout.Files.Length];
        _shared = FindSharedPieces();
    }

    /// <inheritdoc/>
    public ContentLayout Layout => _files.Layout;

    /// <summary>The pieces that hold bytes of wanted and of unwanted files, ascending: each has the slot of its position.</summary>
    public ReadOnlySpan<int> SharedPieces => _shared;

    private int PieceLength => Layout.Geometry.PieceLength;

    /// <inheritdoc/>
    public string PathOf(int file) => _files.PathOf(file);

    /// <summary>How long a file is on disk. What is found decides until the next call where the bytes of an unwanted file are.</summary>
    /// <exception cref="StorageException">The path is not safe, or the disk refused.</exception>
    public long LengthOf(int file)
    {
        long length = _files.LengthOf(file);
        _places[file] = length >= 0 || _isWanted(file) ? Place.OnDisk : Place.Apart;
        return length;
    }

    /// <inheritdoc/>
    public bool HoldsApart(int file, long offset, long length) => SlotOffset(file, offset) is { } at && at + length <= _rest.Length;

    /// <inheritdoc/>
    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        if (SlotOffset(file, offset) is { } at)
            _rest.Write(at, buffers);
        else
            _files.Write(file, offset, buffers);
    }

    /// <inheritdoc/>
    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        if (!IsApart(file))
            return _files.Read(file, offset, buffers);
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

    /// <summary>Reads into one buffer; of bytes kept apart no more than those of one piece at once.</summary>
    /// <returns>How many bytes were read; zero where there are none.</returns>
    /// <exception cref="StorageException">The disk refused.</exception>
    public int Read(int file, long offset, Span<byte> buffer)
    {
        if (SlotOffset(file, offset) is not { } at)
            return _files.Read(file, offset, buffer);
        long inSlot = PieceLength - (at % PieceLength);
        long inFile = Math.Max(0, Layout.Files[file].Length - offset);
        return _rest.Read(at, buffer[..(int)Math.Min(buffer.Length, Math.Min(inSlot, inFile))]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _rest.Dispose();
    }

    /// <summary>Closes the side file only.</summary>
    public void CloseRest() => _rest.Dispose();

    /// <summary>Puts the side file in the place of another's, which is closed and gone afterwards.</summary>
    /// <exception cref="StorageException">The disk refused; both are as they were, but may be closed for the moment.</exception>
    public void TakeRestOf(SelectedFiles other) => _rest.Replace(other._rest);

    /// <summary>Whether the bytes of a file in shared pieces are in the side file rather than in the file on disk.</summary>
    public bool IsApart(int file)
    {
        if (_places[file] == Place.Unknown)
            LengthOf(file);
        return _places[file] == Place.Apart;
    }

    /// <summary>Where in the side file a byte is; null when it belongs into the file on disk.</summary>
    private long? SlotOffset(int file, long offset)
    {
        if (!IsApart(file))
            return null;
        (long piece, long begin) = Math.DivRem(Layout.Files[file].Offset + offset, PieceLength);
        int slot = Array.BinarySearch(_shared, (int)piece);
        return slot < 0 ? null : ((long)slot * PieceLength) + begin;
    }

    /// <summary>A piece shared by two files is the first or the last piece of each: only a file's ends need be looked at.</summary>
    private int[] FindSharedPieces()
    {
        HashSet<int> wanted = [];
        HashSet<int> unwanted = [];
        for (int i = 0; i < Layout.Files.Length; i++)
        {
            if (Layout.Files[i] is not { IsOnDisk: true, Length: > 0 } file)
                continue;
            HashSet<int> pieces = _isWanted(i) ? wanted : unwanted;
            pieces.Add((int)(file.Offset / PieceLength));
            pieces.Add((int)((file.Offset + file.Length - 1) / PieceLength));
        }

        return [.. wanted.Intersect(unwanted).Order()];
    }

    /// <summary>Where the bytes of a file are.</summary>
    private enum Place : byte
    {
        Unknown,
        OnDisk,
        Apart,
    }
}
