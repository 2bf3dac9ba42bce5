using TorrentPS.Protocol.Wire;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Never uploads: sends neither unchoke nor allowed-fast messages.</summary>
internal sealed class FreeRider : Behaviour
{
    public override bool Sends(PeerMessageId id) => id is not (PeerMessageId.Unchoke or PeerMessageId.AllowedFast);
}
