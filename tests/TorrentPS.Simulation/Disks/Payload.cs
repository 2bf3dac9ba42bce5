using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Disks;

/// <summary>
/// The contents of blocks in simulations that test hashing: one repeated byte, which differs for a corrupt block.
/// </summary>
internal static class Payload
{
    private const byte Difference = 0x80;

    public static byte Of(BlockAddress block) => Of(block.Piece.Value, block.BlockIndex);

    public static byte Corrupt(BlockAddress block) => (byte)(Of(block) ^ Difference);

    public static byte Of(int piece, int block) => (byte)((piece * 31) + (block * 7));
}

/// <summary>A verifier that accepts every piece.</summary>
internal sealed class TrustingVerifier(Disk disk) : PieceVerifier
{
    protected override PieceHash Create() => new Hash(disk);

    private sealed class Hash(Disk disk) : PieceHash
    {
        public override void Append(ReadOnlySpan<byte> bytes) => disk.Hashed(bytes.Length);

        public override bool Matches(PieceIndex piece) => true;

        public override void Reset()
        {
            // No state.
        }

        public override void Dispose()
        {
            // No resources.
        }
    }
}

/// <summary>A verifier that accepts a piece if each of its blocks has the expected contents.</summary>
internal sealed class PayloadVerifier(Disk disk, TorrentGeometry geometry) : PieceVerifier
{
    protected override PieceHash Create() => new Hash(disk, geometry);

    private sealed class Hash(Disk disk, TorrentGeometry geometry) : PieceHash
    {
        private readonly List<byte> _seen = [];

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            disk.Hashed(bytes.Length);
            for (; bytes.Length > 0; bytes = bytes[Math.Min(TorrentGeometry.BlockLength, bytes.Length)..])
                _seen.Add(bytes[0]);
        }

        public override bool Matches(PieceIndex piece)
        {
            bool right = _seen.Count == geometry.BlockCountOf(piece);
            for (int i = 0; i < _seen.Count; i++)
                right &= _seen[i] == Payload.Of(piece.Value, i);
            _seen.Clear();
            return right;
        }

        public override void Reset() => _seen.Clear();

        public override void Dispose()
        {
            // No resources.
        }
    }
}
