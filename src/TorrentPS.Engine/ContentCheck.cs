using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>Verifies the content of a torrent on disk. Writes nothing.</summary>
public static class ContentCheck
{
    /// <summary>
    /// Reads and hashes all pieces whose files exist and are long enough, with one thread per core. The other pieces do
    /// not count as verified.
    /// </summary>
    /// <param name="metainfo">The torrent: v1, v2 or hybrid.</param>
    /// <param name="folder">Folder that contains the torrent's top-level file or folder.</param>
    /// <param name="progress">
    /// Receives the progress after each batch of pieces (about 4 MiB), on any thread. Null if the caller needs no
    /// progress.
    /// </param>
    /// <param name="name">
    /// Name on disk of the torrent's top-level file or folder; null means the torrent's name.
    /// </param>
    /// <param name="cancellation">Cancels the check before the next read.</param>
    /// <returns>The verified pieces, and the state of each file.</returns>
    /// <exception cref="StorageException">
    /// A path in the torrent cannot be used, or the length of a file cannot be read. Files whose content cannot be read
    /// are reported in the result instead.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="folder"/> is empty, or <paramref name="name"/> is not a file name.
    /// </exception>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    /// <exception cref="NotSupportedException">
    /// The torrent is v2-only and lacks piece layers (BEP 52). Metadata from a magnet link has no piece layers.
    /// </exception>
    public static async Task<ContentCheckResult> RunAsync(
        TorrentMetainfo metainfo,
        string folder,
        IProgress<ContentProgress>? progress = null,
        string? name = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (name is not null && !ContentLocation.IsValidName(name))
            throw new ArgumentException($"'{name}' is not a file name.", nameof(name));
        if (metainfo is { Version: MetainfoVersion.V2, LacksPieceLayers: true })
        {
            throw new NotSupportedException(
                $"Cannot verify '{metainfo.Name}': it is a v2 torrent that lacks piece layers. "
                + "Use a .torrent file that has them.");
        }

        using var files = new DestinationFiles(ContentLayout.Of(metainfo, name), folder);
        using PieceVerifier verifier = PieceVerifier.Of(metainfo);
        return await ContentChecker.CheckAsync(files, verifier, progress, cancellation: cancellation);
    }
}

/// <summary>Progress of verifying or hashing content.</summary>
/// <param name="PiecesChecked">Number of pieces processed, including those of missing files.</param>
/// <param name="PieceCount">Number of pieces of the torrent.</param>
/// <param name="BytesChecked">Number of bytes processed, including those of missing files.</param>
/// <param name="TotalBytes">Total length of the torrent in bytes.</param>
public readonly record struct ContentProgress(int PiecesChecked, int PieceCount, long BytesChecked, long TotalBytes)
{
    /// <summary>Percentage of the bytes processed, from 0 to 100.</summary>
    public double Percent => TotalBytes == 0 ? 100 : 100.0 * BytesChecked / TotalBytes;
}

/// <summary>Result of a <see cref="ContentCheck"/> for one file.</summary>
/// <param name="Index">Index of the file in the torrent.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Exists">Whether the file exists.</param>
/// <param name="Length">Length according to the torrent, in bytes.</param>
/// <param name="LengthOnDisk">Length on disk in bytes; 0 if the file does not exist.</param>
/// <param name="Pieces">Number of pieces that contain bytes of the file.</param>
/// <param name="GoodPieces">
/// Number of the pieces counted by <paramref name="Pieces"/> that match their hashes. A piece with bytes of several
/// files matches only if the bytes of all these files are correct.
/// </param>
/// <param name="Fault">The error if the file could not be read; otherwise null.</param>
public sealed record FileCheckResult(
    int Index,
    string Path,
    bool Exists,
    long Length,
    long LengthOnDisk,
    int Pieces,
    int GoodPieces,
    StorageFault? Fault)
{
    /// <summary>Whether the file exists and all its pieces match their hashes.</summary>
    public bool IsComplete => Exists && GoodPieces == Pieces;

    /// <summary>
    /// Whether the file is longer on disk than in the torrent. The check ignores the additional bytes and does not
    /// remove them.
    /// </summary>
    public bool IsTooLong => LengthOnDisk > Length;
}

/// <summary>Result of a <see cref="ContentCheck"/> for the whole torrent.</summary>
/// <param name="Verified">The pieces that are on disk and match their hashes.</param>
/// <param name="Files">Result for each file, except pad files and symbolic links.</param>
public sealed record ContentCheckResult(Bitfield Verified, IReadOnlyList<FileCheckResult> Files)
{
    /// <summary>Whether all pieces match their hashes and all files exist, including empty files.</summary>
    public bool IsComplete => Verified.IsComplete && Files.All(file => file.IsComplete);
}
