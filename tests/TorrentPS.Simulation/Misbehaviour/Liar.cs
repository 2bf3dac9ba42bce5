using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Says it has everything and has only every so-many-th piece.</summary>
internal sealed class Liar(int hasOneIn) : Manners
{
    public override bool Gives(BlockAddress block) => block.Piece.Value % hasOneIn == 0;
}
