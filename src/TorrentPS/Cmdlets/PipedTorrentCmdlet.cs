using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>What the cmdlets share that take running torrents from the pipeline, too, as Get-Torrent gives them.</summary>
public abstract class PipedTorrentCmdlet : RunningTorrentCmdlet
{
    private protected const string InputObjectSet = "InputObject";

    /// <summary>Torrents as Get-Torrent gives them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    private protected sealed override IEnumerable<Torrent> Named() =>
        ParameterSetName == InputObjectSet ? InputObject.Select(status => status.Torrent) : base.Named();
}
