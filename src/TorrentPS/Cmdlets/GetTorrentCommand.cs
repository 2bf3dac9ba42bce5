using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Get-Torrent: writes the status of running torrents.</summary>
[Cmdlet(VerbsCommon.Get, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class GetTorrentCommand : RunningTorrentCmdlet
{
    /// <inheritdoc/>
    private protected override void Process(Torrent torrent) => WriteObject(new TorrentStatus(torrent));
}
