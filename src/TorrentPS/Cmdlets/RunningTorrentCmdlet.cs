using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Base class of cmdlets for running torrents, which are named by name, info hash or job.</summary>
public abstract class RunningTorrentCmdlet : TorrentCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string InfoHashSet = "InfoHash";
    private protected const string JobSet = "Job";

    /// <summary>
    /// Names of running torrents; wildcards allowed. Where the parameter is optional, no name means all torrents.
    /// </summary>
    public abstract string[] Name { get; set; }

    /// <summary>Info hashes in hexadecimal.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrent jobs. Other jobs are ignored.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        IEnumerable<Torrent> torrents = ParameterSetName switch
        {
            InfoHashSet => this.FindByInfoHash(InfoHash),
            JobSet => RunningTorrents.ByJobs(Job),
            _ => Named(),
        };
        foreach (Torrent torrent in torrents)
            Process(torrent);
    }

    /// <summary>The torrents when neither info hashes nor jobs are given.</summary>
    private protected virtual IEnumerable<Torrent> Named() =>
        Name.Length == 0 ? RunningTorrents.All : this.FindByName(Name);

    /// <summary>Processes one torrent.</summary>
    private protected abstract void Process(Torrent torrent);
}
