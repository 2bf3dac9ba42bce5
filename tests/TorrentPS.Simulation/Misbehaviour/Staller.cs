using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Unchokes and accepts requests, but sends no blocks or only one of several (slow loris).</summary>
/// <param name="oneIn">Sends one of this many requested blocks; null sends none.</param>
internal sealed class Staller(int? oneIn = null) : Behaviour
{
    private int _asked;

    public override bool SendsBlock(BlockAddress block) => oneIn is { } count && ++_asked % count == 0;
}
