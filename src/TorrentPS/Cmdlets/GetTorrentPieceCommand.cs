using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Get-TorrentPiece: writes the status of each piece of running torrents.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentPiece", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentPiece))]
public sealed class GetTorrentPieceCommand : PipedTorrentCmdlet
{
    /// <summary>States of the pieces to write. Without this parameter, all pieces are written.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public PieceState[] State { get; set; } = [];

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        IEnumerable<PieceStatus> pieces = Await(torrent.GetPiecesAsync());
        if (State.Length > 0)
            pieces = pieces.Where(piece => State.Contains(piece.State));
        WriteObject(TorrentPiece.Of(torrent, pieces), enumerateCollection: true);
    }
}
