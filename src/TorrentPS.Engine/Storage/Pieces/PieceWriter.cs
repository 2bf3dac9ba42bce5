using System.Buffers;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Writes a verified piece to its files, without padding. If no block is spilled, each section needs only one gather
/// write.
/// </summary>
internal static class PieceWriter
{
    /// <summary>
    /// Maximum number of bytes of spilled blocks that are read back and written at a time. 256 KiB need few system
    /// calls and little memory, which is scarce while blocks are spilled.
    /// </summary>
    private const int CopyLength = 256 * 1024;

    /// <exception cref="StorageException">A file cannot be written or spilled blocks cannot be read. The caller may
    /// write the whole piece again later.</exception>
    public static void Write(PieceBuffer piece, IContentFiles files)
    {
        IContentFiles target = files.BeginPieceWrite();
        try
        {
            WriteSections(piece, target);
        }
        finally
        {
            files.EndPieceWrite();
        }
    }

    private static void WriteSections(PieceBuffer piece, IContentFiles files)
    {
        long start = files.Layout.Geometry.OffsetOf(piece.Piece);
        foreach (ContentSection section in files.Layout.Sections(piece.Piece))
        {
            if (section.IsPadding)
                continue;
            int begin = (int)(section.Offset - start);
            int end = begin + (int)section.Length;
            for (int at = begin; at < end;)
            {
                int next = piece.Blocks[at / TorrentGeometry.BlockLength] is null
                    ? EndOfSpilled(piece, at, end)
                    : Gather(piece, at, end);
                if (piece.GatherList.Count > 0)
                    WriteGathered(piece, files, section.File, section.FileOffset + (at - begin));
                else
                    CopySpilled(piece, at, next, files, section.File, section.FileOffset + (at - begin));
                at = next;
            }
        }
    }

    /// <summary>
    /// Adds blocks in memory to the gather list, beginning at offset <paramref name="at"/> in the piece. Stops at
    /// offset <paramref name="end"/> or at the next spilled block.
    /// </summary>
    /// <returns>The offset in the piece at which the added data ends, in bytes.</returns>
    private static int Gather(PieceBuffer piece, int at, int end)
    {
        while (at < end && piece.Blocks[at / TorrentGeometry.BlockLength] is { } block)
        {
            int inBlock = at % TorrentGeometry.BlockLength;
            int length = Math.Min(TorrentGeometry.BlockLength - inBlock, end - at);
            piece.GatherList.Add(block.Memory.Slice(inBlock, length));
            at += length;
        }

        return at;
    }

    private static void WriteGathered(PieceBuffer piece, IContentFiles files, int file, long fileOffset)
    {
        try
        {
            files.Write(file, fileOffset, piece.GatherList);
        }
        finally
        {
            piece.GatherList.Clear();
        }
    }

    private static int EndOfSpilled(PieceBuffer piece, int at, int end)
    {
        while (at < end && piece.Blocks[at / TorrentGeometry.BlockLength] is null)
            at = (at / TorrentGeometry.BlockLength * TorrentGeometry.BlockLength) + TorrentGeometry.BlockLength;
        return Math.Min(at, end);
    }

    private static void CopySpilled(PieceBuffer piece, int at, int end, IContentFiles files, int file, long fileOffset)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Min(CopyLength, end - at));
        try
        {
            var one = new ReadOnlyMemory<byte>[1];
            while (at < end)
            {
                int length = Math.Min(Math.Min(CopyLength, buffer.Length), end - at);
                piece.ReadSpilled(at, buffer.AsSpan(0, length));
                one[0] = buffer.AsMemory(0, length);
                files.Write(file, fileOffset, one);
                at += length;
                fileOffset += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
