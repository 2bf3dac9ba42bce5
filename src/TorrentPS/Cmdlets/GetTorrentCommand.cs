using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine.Session;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Get-Torrent: what the running torrents are doing.</summary>
[Cmdlet(VerbsCommon.Get, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class GetTorrentCommand : RunningTorrentCmdlet
{
    /// <summary>Names of running torrents; wildcards allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    private protected override IEnumerable<Torrent> Named() => Name.Length == 0 ? RunningTorrents.All : this.FindByName(Name);

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent) => WriteObject(TorrentStatus.Of(torrent));
}
