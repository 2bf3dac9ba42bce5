using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>What must hold between any two calls; tests ask.</content>
internal sealed partial class PiecePicker
{
    /// <summary>Recounts everything from the ground up.</summary>
    /// <exception cref="InvalidOperationException">Something does not agree; the message says what.</exception>
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
            Require(missing == _missing.Contains(piece), piece, "is missing, or not, against what is verified and wanted");
            Require(partial is null || !Have.Contains(piece), piece, "is verified and in progress");
            Require(_order.RankIn(value) == (missing && partial is null ? RankOf(_priority[value]) : PieceOrder.Ranks), piece, "is idle at the wrong rank");
            left += missing ? _geometry.LengthOf(piece) : 0;
            wanted += _priority[value] != DownloadPriority.Skip ? _geometry.LengthOf(piece) : 0;
        }

        if (left != BytesLeft || wanted != BytesWanted)
            throw new InvalidOperationException($"Of {BytesWanted} bytes {BytesLeft} are left, and should be {left} of {wanted}.");
        CheckPartials();
    }

    private void CheckPartials()
    {
        int[] contributions = new int[_accounts.All.Length];
        int[] outstanding = new int[_accounts.All.Length];
        for (int i = 0; i < _partials.Active.Count; i++)
        {
            PartialPiece partial = _partials.Active[i];
            var piece = new PieceIndex(partial.Piece);
            Require(partial.ActiveIndex == i && _partials.Find(partial.Piece) == partial, piece, "is not where the list says");
            Require(partial.BlockCount == _geometry.BlockCountOf(piece), piece, "has the wrong number of blocks");
            Require(partial.Free < partial.BlockCount, piece, "is in progress with nothing asked or received");
            bool open = Wants(piece) && partial.Free > 0;
            Require(open == (partial.OpenIndex >= 0), piece, "is open, or not, against its free blocks");
            Require(!open || _partials.Open[partial.OpenIndex] == partial, piece, "is not where the list of open pieces says");
            int free = 0;
            int received = 0;
            for (int block = 0; block < partial.BlockCount; block++)
            {
                PeerIndex from = partial.Contributors[block];
                int requesters = partial.Requesters(block).Length;
                Require(partial.IsReceived(block) == (from != PeerIndex.None), piece, "has a block without its sender");
                Require(partial.IsBusy(block) == (!partial.IsReceived(block) && requesters > 0), piece, "has a busy block nobody was asked for");
                free += partial.IsReceived(block) || requesters > 0 ? 0 : 1;
                received += partial.IsReceived(block) ? 1 : 0;
                if (from != PeerIndex.None)
                    contributions[from.Value]++;
                foreach (PeerIndex peer in partial.Requesters(block))
                    outstanding[peer.Value]++;
            }

            Require(free == partial.Free && received == partial.Received, piece, "has miscounted blocks");
        }

        for (int peer = 0; peer < contributions.Length; peer++)
        {
            PeerPickState account = _accounts.All[peer];
            if (account.Contributions != contributions[peer] || account.Outstanding != outstanding[peer])
                throw new InvalidOperationException($"The blocks that peer {peer} sent or was asked for are miscounted.");
        }
    }

    private static void Require(bool holds, PieceIndex piece, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"Piece {piece} {what}.");
    }
}
