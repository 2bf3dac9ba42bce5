using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>Compares what is on disk with a torrent, piece by piece and file by file. It never writes.</summary>
public static class ContentCheck
{
    /// <summary>Reads and hashes everything that may be there, on all cores.</summary>
    /// <param name="metainfo">The torrent; v1, hybrid or v2.</param>
    /// <param name="folder">The folder that holds the torrent's top-level file or folder.</param>
    /// <param name="progress">Told now and then, from any thread; may be null.</param>
    /// <param name="cancellation">Ends it soon.</param>
    /// <exception cref="StorageException">A path in the torrent can't be used there.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="NotSupportedException">
    /// The torrent is v2-only and came from peers, without what its content could be told by.
    /// </exception>
    public static async Task<ContentCheckResult> RunAsync(
        TorrentMetainfo metainfo, string folder, IProgress<ContentProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (metainfo is { Version: MetainfoVersion.V2, LacksPieceLayers: true })
        {
            throw new NotSupportedException(
                $"'{metainfo.Name}' came from a magnet link: a v2 torrent's content can't be told right from wrong without its .torrent file.");
        }

        using var files = new DestinationFiles(ContentLayout.Of(metainfo), folder);
        using PieceVerifier verifier = PieceVerifier.Of(metainfo);
        return await ContentChecker.CheckAsync(files, verifier, progress, cancellation: cancellation);
    }
}

/// <summary>How far a check has come.</summary>
/// <param name="PiecesChecked">How many pieces are done, the absent ones counted.</param>
/// <param name="PieceCount">How many there are.</param>
/// <param name="BytesChecked">How many bytes of the content are done.</param>
/// <param name="TotalBytes">How many there are.</param>
public readonly record struct ContentProgress(int PiecesChecked, int PieceCount, long BytesChecked, long TotalBytes)
{
    /// <summary>From 0 to 100.</summary>
    public double Percent => TotalBytes == 0 ? 100 : 100.0 * BytesChecked / TotalBytes;
}

/// <summary>What a check found about one file.</summary>
/// <param name="Index">The file's number in the torrent.</param>
/// <param name="Path">The file's full path.</param>
/// <param name="Exists">Whether there is a file.</param>
/// <param name="Length">The length that the torrent says, in bytes.</param>
/// <param name="LengthOnDisk">The length found, in bytes; zero when there is no file.</param>
/// <param name="Pieces">How many pieces hold a part of the file.</param>
/// <param name="GoodPieces">
/// How many of these are right. A piece over a boundary needs the neighbouring files to be right too.
/// </param>
/// <param name="Fault">Why the file could not be read, if so.</param>
public sealed record FileCheckResult(
    int Index, string Path, bool Exists, long Length, long LengthOnDisk, int Pieces, int GoodPieces, StorageFault? Fault)
{
    /// <summary>Whether every byte that the torrent has of the file is there and right.</summary>
    public bool IsComplete => Exists && GoodPieces == Pieces;

    /// <summary>Whether the file goes on beyond what the torrent has of it; such a file is left as it is.</summary>
    public bool IsTooLong => LengthOnDisk > Length;
}

/// <summary>What a check found.</summary>
/// <param name="Verified">The pieces that are there and right.</param>
/// <param name="Files">What was found about each file on disk; pad files and symbolic links are left out.</param>
public sealed record ContentCheckResult(Bitfield Verified, IReadOnlyList<FileCheckResult> Files)
{
    /// <summary>Whether all content is there and right, empty files included.</summary>
    public bool IsComplete => Verified.IsComplete && Files.All(file => file.IsComplete);
}
