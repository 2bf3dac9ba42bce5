using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>While we seed, suggests to those we serve what nobody has yet (BEP 6).</summary>
internal sealed class SuggestHandler(SwarmState swarm)
{
    private PieceSuggestions? _advice;

    /// <summary>A peer may request of us.</summary>
    public void OnUnchoked(Peer peer)
    {
        for (int i = 0; i < PieceSuggestions.InitialCount && TryAdvise(peer); i++)
        {
            // Each time the next piece.
        }
    }

    /// <summary>A peer got a piece: of us, as a rule, while we serve it.</summary>
    public void OnHave(Peer peer)
    {
        if (!peer.AmChoking)
            TryAdvise(peer);
    }

    private bool TryAdvise(Peer peer)
    {
        // A seed that shows its pieces one by one steers enough by that.
        bool mayAdvise = swarm.State == TorrentState.Seeding && peer is { SupportsFast: true, IsClosing: false, IsShownPieces: false };
        if (!mayAdvise)
            return false;
        _advice ??= new PieceSuggestions(swarm.Geometry.PieceCount, swarm.Random);
        if (_advice.Next(swarm.Picker) is not { } piece)
            return false;
        peer.Wire?.SendSuggest(piece);
        swarm.Peers.Touch(peer);
        return true;
    }
}
