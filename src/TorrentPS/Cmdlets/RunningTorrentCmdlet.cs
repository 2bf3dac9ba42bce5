using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets for running torrents. The user selects the torrents by name, info hash or job.
/// </summary>
public abstract class RunningTorrentCmdlet : TorrentCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string InfoHashSet = "InfoHash";
    private protected const string JobSet = "Job";

    /// <summary>Names of running torrents. Wildcards are allowed. An empty list selects all running torrents.</summary>
    public abstract string[] Name { get; set; }

    /// <summary>Info hashes of running torrents in hexadecimal, v1 or v2.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrent jobs. Jobs of other types are ignored.</summary>
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
            _ => Selected(),
        };
        foreach (Torrent torrent in torrents)
            Process(torrent);
    }

    /// <summary>
    /// Returns the torrents selected by another parameter than -InfoHash and -Job. The base implementation returns
    /// those selected by -Name.
    /// </summary>
    private protected virtual IEnumerable<Torrent> Selected() =>
        Name.Length == 0 ? RunningTorrents.All : this.FindByName(Name);

    private protected abstract void Process(Torrent torrent);
}
