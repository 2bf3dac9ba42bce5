using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Get-TorrentPiece: the pieces of running torrents.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentPiece", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentPiece))]
public sealed class GetTorrentPieceCommand : RunningTorrentCmdlet
{
    /// <summary>Names of running torrents; wildcards allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Torrents as Get-Torrent gives them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "InputObject")]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <summary>Only pieces in these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public PieceState[] State { get; set; } = [];

    /// <inheritdoc/>
    private protected override IEnumerable<Torrent> Named() => ParameterSetName switch
    {
        NameSet => Name.Length == 0 ? RunningTorrents.All : this.FindByName(Name),
        _ => InputObject.Select(status => status.Torrent),
    };

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        IEnumerable<PieceStatus> pieces = Await(torrent.GetPiecesAsync());
        if (State.Length > 0)
            pieces = pieces.Where(piece => State.Contains(piece.State));
        WriteObject(TorrentPiece.Of(torrent, pieces), enumerateCollection: true);
    }
}
