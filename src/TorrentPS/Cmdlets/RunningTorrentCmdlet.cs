using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>What the cmdlets share that deal with running torrents only: naming them by info hash or job, beside what each adds.</summary>
public abstract class RunningTorrentCmdlet : TorrentCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string InfoHashSet = "InfoHash";
    private protected const string JobSet = "Job";

    /// <summary>Names of running torrents; wildcards allowed. Without any it is all of them, where the parameter may be left out.</summary>
    public abstract string[] Name { get; set; }

    /// <summary>Info hashes in hex.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrent jobs; other jobs are passed over.</summary>
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

    /// <summary>The torrents that the other parameters name.</summary>
    private protected virtual IEnumerable<Torrent> Named() => Name.Length == 0 ? RunningTorrents.All : this.FindByName(Name);

    /// <summary>Does what the cmdlet is for.</summary>
    private protected abstract void Process(Torrent torrent);
}
