using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

internal static class FileReport
{
    /// <summary>Returns the status of each file except pad files.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="settings">The torrent's settings, which contain the priorities.</param>
    /// <param name="pieces">The status of all pieces, in order.</param>
    public static IReadOnlyList<FileStatus> Of(
        TorrentMetainfo metainfo, TorrentSettings settings, IReadOnlyList<PieceStatus> pieces)
    {
        DownloadPriority[] priorities = FileSelection.OfFiles(metainfo, settings);
        return
        [
            .. metainfo.Files.Where(file => !file.IsPadding).Select(file =>
            {
                bool isEmpty = file.Length == 0;
                int first = (int)(file.Offset / metainfo.PieceLength);
                int last = (int)((file.Offset + file.Length - 1) / metainfo.PieceLength);
                return new FileStatus(
                    file.Index,
                    file.Path,
                    file.Length,
                    isEmpty ? 0 : VerifiedBytes(file, first, last, metainfo.PieceLength, pieces),
                    priorities[file.Index],
                    isEmpty ? null : first,
                    isEmpty ? null : last);
            }),
        ];
    }

    /// <summary>
    /// Describes the content and the wanted files for the event log. Pad files are not counted as files.
    /// </summary>
    public static string Describe(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        DownloadPriority[] priorities = FileSelection.OfFiles(metainfo, settings);
        TorrentFile[] files = [.. metainfo.Files.Where(file => !file.IsPadding)];
        TorrentFile[] wanted = [.. files.Where(file => priorities[file.Index] != DownloadPriority.Skip)];
        string content = $"Content: {Sum(files)} in {EventMessages.Count(files.Length, "file")}, "
            + $"{EventMessages.Count(metainfo.PieceCount, "piece")} of {SizeText.Format(metainfo.PieceLength)}";
        return wanted.Length == files.Length
            ? $"{content}."
            : $"{content}; {EventMessages.Count(wanted.Length, "file")} of {Sum(wanted)} {(wanted.Length == 1 ? "is" : "are")} wanted.";
    }

    private static string Sum(TorrentFile[] files) => SizeText.Format(files.Sum(file => file.Length));

    private static long VerifiedBytes(
        TorrentFile file, int first, int last, long pieceLength, IReadOnlyList<PieceStatus> pieces)
    {
        long verified = 0;
        for (int piece = first; piece <= last; piece++)
        {
            if (pieces[piece].State != PieceState.Verified)
                continue;
            long start = Math.Max(file.Offset, piece * pieceLength);
            long end = Math.Min(file.Offset + file.Length, (piece + 1) * pieceLength);
            verified += end - start;
        }

        return verified;
    }
}
