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
    private protected const string JobSet = "Job";

    /// <summary>Names of running torrents. Wildcards are allowed.</summary>
    [Parameter(
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = NameSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public virtual string[] Name { get; set; } = [];

    /// <summary>
    /// Info hashes of running torrents in hexadecimal, v1 or v2. If an input object has an info hash and a name, the
    /// info hash is used.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrent jobs. Jobs of other types are ignored.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <summary>Whether the cmdlet processes all running torrents if the command line selects none.</summary>
    private protected virtual bool SelectsAllByDefault => true;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        string[] names = [nameof(Name), nameof(InfoHash)];
        RequireValues(names);
        RequireAtMostOne(names);
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        foreach (Torrent torrent in ParameterSetName == JobSet ? OfJobs() : Selected())
            Process(torrent);
    }

    /// <summary>
    /// Returns the torrents selected by a parameter other than -Job. The base implementation returns the torrents
    /// selected by -InfoHash or -Name.
    /// </summary>
    private protected virtual IEnumerable<Torrent> Selected()
    {
        if (Given(InfoHash) is { Length: > 0 } hashes)
            return this.FindByInfoHash(hashes);
        if (Given(Name) is { Length: > 0 } names)
            return this.FindByName(names);
        if (SelectsAllByDefault && !MyInvocation.ExpectingInput)
            return RunningTorrents.All;
        ReportNothingGiven(ErrorRecords.NoTorrentNamed());
        return [];
    }

    /// <summary>Returns the torrents of -Job. The base implementation leaves out those that have ended.</summary>
    private protected virtual IEnumerable<Torrent> OfJobs() => RunningTorrents.ByJobs(Job);

    private protected abstract void Process(Torrent torrent);
}
