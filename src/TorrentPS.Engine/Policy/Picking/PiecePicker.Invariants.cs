using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Invariants, which tests check between calls.</content>
internal sealed partial class PiecePicker
{
    /// <summary>Recomputes all counts and states, and compares them with the stored ones.</summary>
    /// <exception cref="InvalidOperationException">An invariant is broken. The message names the invariant.</exception>
    internal void CheckInvariants()
    {
        _order.CheckInvariants();
        long left = 0;
        long wanted = 0;
        for (int value = 0; value < _geometry.PieceCount; value++)
        {
            var piece = new PieceIndex(value);
            PartialPiece? partial = _partials.Find(value);
            bool missing = !Have.Contains(piece) && _priority[value] != DownloadPriority.Skip;
            Require(missing == _missing.Contains(piece), piece, "is missing and verified or unwanted, or the reverse");
            Require(partial is null || !Have.Contains(piece), piece, "is verified and partial");
            int rank = missing && partial is null ? RankOf(_priority[value]) : PieceOrder.Ranks;
            Require(_order.RankIn(value) == rank, piece, "is in the order with the wrong rank");
            left += missing ? _geometry.LengthOf(piece) : 0;
            wanted += _priority[value] != DownloadPriority.Skip ? _geometry.LengthOf(piece) : 0;
        }

        if (left != BytesLeft || wanted != BytesWanted)
            throw new InvalidOperationException(
                $"BytesLeft is {BytesLeft} instead of {left}, or BytesWanted is {BytesWanted} instead of {wanted}.");
        CheckPartials();
    }

    private void CheckPartials()
    {
        int[] contributions = new int[_peers.All.Length];
        int[] outstanding = new int[_peers.All.Length];
        for (int i = 0; i < _partials.Active.Count; i++)
        {
            PartialPiece partial = _partials.Active[i];
            var piece = new PieceIndex(partial.Piece);
            bool isFound = partial.ActiveIndex == i && _partials.Find(partial.Piece) == partial;
            Require(isFound, piece, "has the wrong position in the list of partial pieces");
            Require(partial.BlockCount == _geometry.BlockCountOf(piece), piece, "has the wrong number of blocks");
            Require(partial.FreeCount < partial.BlockCount, piece, "is partial without a requested or received block");
            bool open = Wants(piece) && partial.FreeCount > 0;
            Require(open == (partial.OpenIndex >= 0), piece, "is open without free blocks, or the reverse");
            bool isListed = !open || _partials.Open[partial.OpenIndex] == partial;
            Require(isListed, piece, "has the wrong position in the list of open pieces");
            int free = 0;
            int received = 0;
            for (int block = 0; block < partial.BlockCount; block++)
            {
                PeerIndex from = partial.Contributors[block];
                int requesters = partial.Requesters(block).Length;
                Require(partial.IsReceived(block) == (from != PeerIndex.None), piece, "has a block with a wrong sender");
                bool isRequested = !partial.IsReceived(block) && requesters > 0;
                Require(partial.IsRequested(block) == isRequested, piece, "has a block with wrong requesters");
                free += partial.IsReceived(block) || requesters > 0 ? 0 : 1;
                received += partial.IsReceived(block) ? 1 : 0;
                if (from != PeerIndex.None)
                    contributions[from.Value]++;
                foreach (PeerIndex peer in partial.Requesters(block))
                    outstanding[peer.Value]++;
            }

            Require(free == partial.FreeCount && received == partial.ReceivedCount, piece, "has wrong block counts");
        }

        for (int peer = 0; peer < contributions.Length; peer++)
        {
            PeerPickState state = _peers.All[peer];
            if (state.Contributions != contributions[peer] || state.Outstanding != outstanding[peer])
                throw new InvalidOperationException(
                    $"The counts of blocks requested or received from peer {peer} are wrong.");
        }
    }

    private static void Require(bool holds, PieceIndex piece, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"Piece {piece} {what}.");
    }
}
