using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets for running torrents that also accept the output of Get-Torrent from the pipeline.
/// </summary>
public abstract class PipedTorrentCmdlet : RunningTorrentCmdlet
{
    private protected const string InputObjectSet = "InputObject";

    /// <summary>Running torrents from Get-Torrent.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    private protected sealed override IEnumerable<Torrent> Selected() =>
        ParameterSetName == InputObjectSet ? InputObject.Select(status => status.Torrent) : base.Selected();
}
