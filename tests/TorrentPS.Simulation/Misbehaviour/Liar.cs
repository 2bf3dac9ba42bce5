using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Claims to have all pieces, but sends only every n-th piece.</summary>
internal sealed class Liar(int hasOneIn) : Behaviour
{
    public override bool SendsBlock(BlockAddress block) => block.Piece.Value % hasOneIn == 0;
}
