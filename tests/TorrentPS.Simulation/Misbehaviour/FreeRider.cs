using TorrentPS.Protocol.Wire;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Takes and never gives: nobody is ever unchoked.</summary>
internal sealed class FreeRider : Manners
{
    public override bool Says(PeerMessageId id) => id is not (PeerMessageId.Unchoke or PeerMessageId.AllowedFast);
}
