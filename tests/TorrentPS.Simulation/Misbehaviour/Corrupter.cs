using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Sends corrupt blocks.</summary>
/// <param name="random">A source of randomness used only by this machine.</param>
/// <param name="share">Share of blocks that are corrupt, 0 to 1.</param>
/// <param name="goodBlocks">Number of intact blocks sent first, as by a disk that starts to fail or a peer that seeks
/// trust.</param>
internal sealed class Corrupter(Random random, double share, int goodBlocks = 0) : Behaviour
{
    private int _sent;

    public override bool IsIntact(BlockAddress block) => _sent++ < goodBlocks || random.NextDouble() >= share;
}
