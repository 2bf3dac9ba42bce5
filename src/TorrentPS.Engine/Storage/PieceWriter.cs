using System.Buffers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Puts a verified piece on disk: one gather write per file section, pads left out, spilled blocks read back.</summary>
internal static class PieceWriter
{
    /// <summary>How much of a spilled piece is carried at once, in bytes.</summary>
    private const int CarryLength = 256 * 1024;

    /// <exception cref="StorageException">The disk refused; writing again from the start is harmless.</exception>
    public static void Write(PieceAssembly piece, IContentFiles files, SpillFile spill)
    {
        files.BeginPiece();
        try
        {
            WriteSections(piece, files, spill);
        }
        finally
        {
            files.EndPiece();
        }
    }

    private static void WriteSections(PieceAssembly piece, IContentFiles files, SpillFile spill)
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
                if (piece.Buffers.Count > 0)
                    WriteHeld(piece, files, section.File, section.FileOffset + (at - begin));
                else
                    Carry(piece, at, next, files, section.File, section.FileOffset + (at - begin), spill);
                at = next;
            }
        }
    }

    /// <summary>Lists the blocks in memory from <paramref name="at"/> on, up to <paramref name="end"/> or a spilled block.</summary>
    private static int Gather(PieceAssembly piece, int at, int end)
    {
        while (at < end && piece.Blocks[at / TorrentGeometry.BlockLength] is { } block)
        {
            int inBlock = at % TorrentGeometry.BlockLength;
            int length = Math.Min(TorrentGeometry.BlockLength - inBlock, end - at);
            piece.Buffers.Add(block.Memory.Slice(inBlock, length));
            at += length;
        }

        return at;
    }

    private static void WriteHeld(PieceAssembly piece, IContentFiles files, int file, long fileOffset)
    {
        try
        {
            files.Write(file, fileOffset, piece.Buffers);
        }
        finally
        {
            piece.Buffers.Clear();
        }
    }

    private static int EndOfSpilled(PieceAssembly piece, int at, int end)
    {
        while (at < end && piece.Blocks[at / TorrentGeometry.BlockLength] is null)
            at = (at / TorrentGeometry.BlockLength * TorrentGeometry.BlockLength) + TorrentGeometry.BlockLength;
        return Math.Min(at, end);
    }

    private static void Carry(PieceAssembly piece, int at, int end, IContentFiles files, int file, long fileOffset, SpillFile spill)
    {
        byte[] carry = ArrayPool<byte>.Shared.Rent(Math.Min(CarryLength, end - at));
        try
        {
            var one = new ReadOnlyMemory<byte>[1];
            while (at < end)
            {
                int length = Math.Min(Math.Min(CarryLength, carry.Length), end - at);
                spill.Read(piece.Slot, at, carry.AsSpan(0, length));
                one[0] = carry.AsMemory(0, length);
                files.Write(file, fileOffset, one);
                at += length;
                fileOffset += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(carry);
        }
    }
}
