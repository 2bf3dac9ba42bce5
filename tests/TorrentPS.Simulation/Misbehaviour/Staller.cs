using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Unchokes, takes requests and sends nothing. With one block in so many it is a slow-loris: just alive enough to be waited for.</summary>
/// <param name="oneIn">Sends one block of so many; null sends none.</param>
internal sealed class Staller(int? oneIn = null) : Manners
{
    private int _asked;

    public override bool Gives(BlockAddress block) => oneIn is { } count && ++_asked % count == 0;
}
