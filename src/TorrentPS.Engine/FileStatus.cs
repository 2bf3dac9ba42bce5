namespace TorrentPS.Engine;

/// <summary>A snapshot of one file of a torrent.</summary>
/// <param name="Index">Zero-based index of the file among all files of the torrent, including pad files.</param>
/// <param name="Path">Safe relative path of the file on disk, with '/' as separator.</param>
/// <param name="Size">Length of the file in bytes.</param>
/// <param name="Completed">Bytes of the file in verified pieces.</param>
/// <param name="Priority">
/// Download priority of the file; <see cref="DownloadPriority.Skip"/> if the file is not wanted.
/// </param>
/// <param name="FirstPiece">Zero-based index of the first piece with bytes of the file; null for an empty file.</param>
/// <param name="LastPiece">Zero-based index of the last piece with bytes of the file; null for an empty file.</param>
public sealed record FileStatus(
    int Index, string Path, long Size, long Completed, DownloadPriority Priority, int? FirstPiece, int? LastPiece)
{
    /// <summary><see cref="Completed"/> as a percentage of <see cref="Size"/>; 100 for an empty file.</summary>
    public double Progress => Size == 0 ? 100 : 100.0 * Completed / Size;
}
