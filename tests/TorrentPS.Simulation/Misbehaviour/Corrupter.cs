using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Sends wrong blocks.</summary>
/// <param name="random">Its own source of randomness.</param>
/// <param name="share">How many of its blocks are wrong, 0–1.</param>
/// <param name="goodBlocks">How many right blocks it sends first: a disk that fails after a while, or a liar that wins trust.</param>
internal sealed class Corrupter(Random random, double share, int goodBlocks = 0) : Manners
{
    private int _sent;

    public override bool IsGood(BlockAddress block) => _sent++ < goodBlocks || random.NextDouble() >= share;
}
