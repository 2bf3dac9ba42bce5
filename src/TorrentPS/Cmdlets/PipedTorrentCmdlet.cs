using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Base class of cmdlets that also take running torrents from Get-Torrent.</summary>
public abstract class PipedTorrentCmdlet : RunningTorrentCmdlet
{
    private protected const string InputObjectSet = "InputObject";

    /// <summary>Torrents from Get-Torrent.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    private protected sealed override IEnumerable<Torrent> Named() =>
        ParameterSetName == InputObjectSet ? InputObject.Select(status => status.Torrent) : base.Named();
}
