using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Handles the outcome of a hash check. Announces a verified piece to peers. After a failed check, puts the senders of
/// the piece's blocks on parole or bans them.
/// </summary>
internal sealed class PieceHandler(
    SwarmState swarm,
    Requester requester,
    LifecycleHandler lifecycle,
    AllowedFastHandler allowedFast,
    HaveHandler haves)
{
    private readonly SmartBan _smartBan = new();
    private readonly List<PieceIndex> _discarded = [];
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
            ApplyVerdict(verified.Piece, _smartBan.OnPieceVerified(verified.Piece, digests));
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.IsClosing)
                continue;
            peer.OnParole = peer.OnParole && swarm.Trust.LevelOf(peer.Origin) == TrustLevel.Parole;
            if (!peer.IsWebSeed)
                haves.Announce(peer, verified.Piece);
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
        CountFailedBytes(rejected.Piece);
        if (senders.Length == rejected.Digests.Length)
            _smartBan.OnPieceFailed(rejected.Piece, rejected.Digests, senders);
        bool wasBanned = senders.Length > 0 && swarm.Trust.LevelOf(senders[0]) == TrustLevel.Banned;
        if (swarm.Trust.OnPieceFailed(senders))
        {
            swarm.FailedPieces.Remove(rejected.Piece);
            if (!wasBanned)
                swarm.ReportBan(
                    senders[0], $"it sent all blocks of piece {rejected.Piece.Value}, whose hash did not match");
        }
        else
        {
            swarm.FailedPieces.Add(rejected.Piece);
        }

        swarm.Picker.Reset(rejected.Piece);
        EnforceTrust();
        requester.TopUpAll();
    }

    private void ApplyVerdict(PieceIndex piece, SmartBanVerdict verdict)
    {
        foreach (PeerOrigin sender in verdict.BadSenders)
        {
            if (swarm.Trust.LevelOf(sender) == TrustLevel.Banned)
                continue;
            swarm.Trust.Ban(sender);
            swarm.ReportBan(sender, $"its blocks of piece {piece.Value} differ from those of the verified piece");
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
                swarm.Candidates.Exclude(peer.Link.EndPoint);
            peer.Disconnect(DisconnectReason.Banned);
        }

        for (int index = 0; index < swarm.Peers.IndexCount; index++)
        {
            if (swarm.Trust.LevelOf(swarm.Peers.OriginOf(new PeerIndex(index))) == TrustLevel.Banned)
                DiscardUnverified(new PeerIndex(index));
        }
    }

    /// <summary>
    /// Discards the unverified pieces that contain blocks of a banned peer, because these blocks may be wrong.
    /// </summary>
    private void DiscardUnverified(PeerIndex banned)
    {
        if (!swarm.Picker.HasContributions(banned))
            return;
        _discarded.Clear();
        swarm.Picker.FindContributions(banned, _discarded);
        foreach (PieceIndex piece in _discarded)
        {
            ReadOnlySpan<PeerIndex> contributors = swarm.Picker.Contributors(piece);
            for (int i = 0; i < contributors.Length; i++)
            {
                BlockAddress block = swarm.Geometry.Block(piece, i);
                if (contributors[i] != PeerIndex.None)
                    AddHashFailed(contributors[i], block.Length);
                requester.CancelElsewhere(block, sender: null);
            }

            swarm.Picker.Reset(piece);
            swarm.Store.Discard(piece);
        }
    }

    private void CountFailedBytes(PieceIndex piece)
    {
        ReadOnlySpan<PeerIndex> contributors = swarm.Picker.Contributors(piece);
        for (int i = 0; i < contributors.Length; i++)
            AddHashFailed(contributors[i], swarm.Geometry.Block(piece, i).Length);
    }

    private void AddHashFailed(PeerIndex contributor, int bytes)
    {
        swarm.Totals.HashFailed += bytes;
        if (swarm.Peers.Find(contributor) is { } peer)
            peer.HashFailed += bytes;
        else
            swarm.Disconnected.AddHashFailed(contributor, bytes);
    }

    /// <summary>
    /// Returns the origin of the sender of each block of an unverified piece. The span is valid until the next call of
    /// this method.
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
