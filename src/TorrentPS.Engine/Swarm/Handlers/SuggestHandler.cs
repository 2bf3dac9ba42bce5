using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Sends suggest piece messages (BEP 6) to unchoked peers while this client seeds.</summary>
internal sealed class SuggestHandler(SwarmState swarm)
{
    private PieceSuggestions? _suggestions;

    /// <summary>
    /// Suggests up to <see cref="PieceSuggestions.InitialCount"/> pieces to a peer that was just unchoked.
    /// </summary>
    public void OnUnchoked(Peer peer)
    {
        for (int i = 0; i < PieceSuggestions.InitialCount && TrySuggest(peer); i++)
        {
            // Each call of TrySuggest suggests another piece.
        }
    }

    /// <summary>
    /// Suggests one more piece to a peer that announced a piece. Does nothing if this client chokes the peer.
    /// </summary>
    public void OnHave(Peer peer)
    {
        if (!peer.AmChoking)
            TrySuggest(peer);
    }

    private bool TrySuggest(Peer peer)
    {
        // Super-seeding advertises pieces to a super-seeded peer, so none are suggested to it.
        bool maySuggest = swarm.State == TorrentState.Seeding
            && peer is { SupportsFast: true, IsClosing: false, IsSuperSeeded: false };
        if (!maySuggest)
            return false;
        _suggestions ??= new PieceSuggestions(swarm.Geometry.PieceCount, swarm.Random);
        if (_suggestions.Next(swarm.Picker) is not { } piece)
            return false;
        peer.Wire?.SendSuggest(piece);
        swarm.Peers.Touch(peer);
        return true;
    }
}
