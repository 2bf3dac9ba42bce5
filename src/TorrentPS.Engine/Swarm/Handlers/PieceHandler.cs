using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Handles the outcome of a hash check. A verified piece is announced to peers. After a failed check, the senders of
/// the piece's blocks are put on parole or banned.
/// </summary>
internal sealed class PieceHandler(
    SwarmState swarm, Requester requester, LifecycleHandler lifecycle, AllowedFastHandler allowedFast)
{
    private readonly SmartBan _smartBan = new();
    private readonly List<PieceIndex> _spoiled = [];
    private readonly List<Peer> _proven = [];
    private PeerOrigin[] _senders = new PeerOrigin[swarm.Geometry.BlocksPerPiece];

    public void OnVerified(PieceVerified verified)
    {
        ReadOnlySpan<PeerOrigin> senders = SendersOf(verified.Piece);
        foreach (PeerIndex index in swarm.Picker.Contributors(verified.Piece))
        {
            if (swarm.Peers.Find(index) is not { IsProven: false } sender)
                continue;
            sender.IsProven = true;
            _proven.Add(sender);
        }

        if (!swarm.Picker.MarkVerified(verified.Piece))
        {
            _proven.Clear();
            return;
        }

        swarm.FailedPieces.Remove(verified.Piece);
        swarm.Trust.OnPieceVerified(senders);
        if (verified.Digests is { } digests && _smartBan.HasFailed(verified.Piece))
            Judge(verified.Piece, _smartBan.OnPieceVerified(verified.Piece, digests));
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.IsClosing)
                continue;
            peer.OnParole = peer.OnParole && swarm.Trust.LevelOf(peer.Origin) == TrustLevel.Parole;
            peer.Wire?.SendHave(verified.Piece);
            swarm.Peers.Touch(peer);
            allowedFast.OnVerified(peer, verified.Piece);
        }

        lifecycle.OnProgress();

        // These peers are no longer subject to the limit for unproven peers.
        foreach (Peer peer in _proven)
            requester.TopUp(peer);
        _proven.Clear();
    }

    public void OnRejected(PieceRejected rejected)
    {
        ReadOnlySpan<PeerOrigin> senders = SendersOf(rejected.Piece);
        ChargeFailure(rejected.Piece);
        if (senders.Length == rejected.Digests.Length)
            _smartBan.OnPieceFailed(rejected.Piece, rejected.Digests, senders);
        bool wasBanned = senders.Length > 0 && swarm.Trust.LevelOf(senders[0]) == TrustLevel.Banned;
        if (swarm.Trust.OnPieceFailed(senders))
        {
            swarm.FailedPieces.Remove(rejected.Piece);
            if (!wasBanned)
                swarm.ReportBan(senders[0], $"it sent all blocks of piece {rejected.Piece.Value}, whose hash did not match");
        }
        else
        {
            swarm.FailedPieces.Add(rejected.Piece);
        }

        swarm.Picker.Reset(rejected.Piece);
        EnforceTrust();
        requester.TopUpAll();
    }

    private void Judge(PieceIndex piece, SmartBanVerdict verdict)
    {
        foreach (PeerOrigin guilty in verdict.BadSenders)
        {
            if (swarm.Trust.LevelOf(guilty) == TrustLevel.Banned)
                continue;
            swarm.Trust.Ban(guilty);
            swarm.ReportBan(guilty, $"its blocks of piece {piece.Value} differ from those of the verified piece");
        }

        foreach (PeerOrigin cleared in verdict.GoodSenders)
            swarm.Trust.Clear(cleared);
        EnforceTrust();
    }

    private void EnforceTrust()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            TrustLevel level = swarm.Trust.LevelOf(peer.Origin);
            peer.OnParole = level == TrustLevel.Parole;
            if (level != TrustLevel.Banned || peer.IsClosing)
                continue;
            if (!peer.IsWebSeed)
                swarm.Candidates.MarkNever(peer.Link.EndPoint);
            peer.Disconnect(DisconnectReason.Banned);
        }

        for (int index = 0; index < swarm.Peers.IndexCount; index++)
        {
            if (swarm.Trust.LevelOf(swarm.Peers.OriginOf(new PeerIndex(index))) == TrustLevel.Banned)
                DropUnfinished(new PeerIndex(index));
        }
    }

    /// <summary>
    /// Discards the unverified pieces that contain blocks of a banned peer, because these may be wrong.
    /// </summary>
    private void DropUnfinished(PeerIndex banned)
    {
        if (!swarm.Picker.HasContributions(banned))
            return;
        _spoiled.Clear();
        swarm.Picker.FindContributions(banned, _spoiled);
        foreach (PieceIndex piece in _spoiled)
        {
            ReadOnlySpan<PeerIndex> contributors = swarm.Picker.Contributors(piece);
            for (int i = 0; i < contributors.Length; i++)
            {
                BlockAddress block = swarm.Geometry.Block(piece, i);
                if (contributors[i] != PeerIndex.None)
                    Charge(contributors[i], block.Length);
                requester.CancelElsewhere(block, winner: null);
            }

            swarm.Picker.Reset(piece);
            swarm.Store.Discard(piece);
        }
    }

    private void ChargeFailure(PieceIndex piece)
    {
        ReadOnlySpan<PeerIndex> contributors = swarm.Picker.Contributors(piece);
        for (int i = 0; i < contributors.Length; i++)
            Charge(contributors[i], swarm.Geometry.Block(piece, i).Length);
    }

    private void Charge(PeerIndex contributor, int bytes)
    {
        swarm.Totals.HashFailed += bytes;
        if (swarm.Peers.Find(contributor) is { } peer)
            peer.HashFailed += bytes;
    }

    /// <summary>
    /// Returns the origin of the sender of each block of an unverified piece. The span is valid until the next call.
    /// </summary>
    private ReadOnlySpan<PeerOrigin> SendersOf(PieceIndex piece)
    {
        ReadOnlySpan<PeerIndex> indices = swarm.Picker.Contributors(piece);
        if (indices.Length > _senders.Length)
            _senders = new PeerOrigin[indices.Length];
        for (int i = 0; i < indices.Length; i++)
            _senders[i] = swarm.Peers.OriginOf(indices[i]);
        return _senders.AsSpan(0, indices.Length);
    }
}
