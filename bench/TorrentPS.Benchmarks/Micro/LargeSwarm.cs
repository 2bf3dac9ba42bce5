using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>The swarm that the picker is measured with: many pieces, many peers, each of which has some half of them.</summary>
internal sealed class LargeSwarm
{
    public const int Pieces = 100_000;
    public const int Peers = 200;
    public const int BlocksPerPiece = 16;
    public const int Blocks = Pieces * BlocksPerPiece;

    public LargeSwarm()
    {
        var random = new Random(1);
        byte[] bits = new byte[Bitfield.ByteLength(Pieces)];
        for (int i = 0; i < Peers; i++)
        {
            random.NextBytes(bits);
            Have[i] = new Bitfield(Pieces);
            if (!Have[i].TryLoad(bits))
                throw new InvalidOperationException("The pieces do not fill their last byte.");
        }
    }

    public TorrentGeometry Geometry { get; } =
        TorrentGeometry.Continuous((long)Blocks * TorrentGeometry.BlockLength, BlocksPerPiece * TorrentGeometry.BlockLength);

    /// <summary>What each peer has.</summary>
    public Bitfield[] Have { get; } = new Bitfield[Peers];
}
