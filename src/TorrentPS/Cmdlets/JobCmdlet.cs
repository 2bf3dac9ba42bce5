using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Hosting;
using TorrentPS.Jobs;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of Suspend-Job and Resume-Job. -Job accepts any <see cref="Job2"/>; -Id and -Name select torrent jobs
/// only.
/// </summary>
/// <remarks>PowerShell 7 has no Suspend-Job and Resume-Job, although its job API can suspend jobs.</remarks>
public abstract class JobCmdlet : TorrentCmdlet
{
    private const string NameSet = "Name";

    private readonly List<(Job Job, Task Done)> _started = [];

    /// <summary>The jobs to suspend or resume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Job")]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <summary>Ids of torrent jobs.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Id")]
    [ValidateNotNullOrEmpty]
    public int[] Id { get; set; } = [];

    /// <summary>Names of torrent jobs. Wildcards are allowed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TorrentJobCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>
    /// Info hashes of the jobs' torrents in hexadecimal, v1 or v2. If an input object has an info hash and a name, the
    /// info hash is used.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Writes each job after it was suspended or resumed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        string[] names = [nameof(Name), nameof(InfoHash)];
        RequireValues(names);
        RequireAtMostOne(names);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<Job> jobs = ParameterSetName switch
        {
            "Job" => Job,
            "Id" => Id.SelectMany(id => FindJobs(id, job => job.Id == id)),
            _ => Named(),
        };
        foreach (Job job in jobs)
        {
            if (!ShouldProcess(job.Name))
                continue;
            // Not on the pipeline thread: the call can block, and Ctrl+C must end the wait.
            if (job is Job2 suspendable && job.JobStateInfo.State is JobState.NotStarted or JobState.Running or JobState.Suspended)
                _started.Add((job, Task.Run(() => Change(suspendable))));
            else
                WriteError(NotSuspendableError(job, new InvalidOperationException(NotSuspendable(job))));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach ((Job job, Task done) in _started)
        {
            try
            {
                Await(done.ContinueWith(_ => true, TaskScheduler.Default));
                done.GetAwaiter().GetResult();
                if (PassThru)
                    WriteObject(job);
            }
            catch (Exception e) when (e.GetBaseException() is NotSupportedException or NotImplementedException)
            {
                WriteError(NotSuspendableError(job, new InvalidOperationException(NotSuspendable(job), e)));
            }
            catch (Exception e) when (e is not PipelineStoppedException)
            {
                WriteError(NotSuspendableError(job, e.GetBaseException()));
            }
        }
    }

    private protected abstract void Change(Job2 job);

    private IEnumerable<Job> Named()
    {
        if (Given(InfoHash) is { Length: > 0 } hashes)
            return hashes.SelectMany(FindByInfoHash);
        if (Given(Name) is { Length: > 0 } names)
            return names.SelectMany(FindByName);
        ReportNothingGiven(ErrorRecords.NoTorrentNamed());
        return [];
    }

    /// <summary>
    /// Returns the torrent jobs with an info hash. If some of these jobs have ended and others have not, only those
    /// that have not ended are returned, because the user means the running torrent.
    /// </summary>
    private List<TorrentJob> FindByInfoHash(string hash)
    {
        List<TorrentJob> found = Find(hash, job => job is StartedTorrentJob { Torrent: var torrent }
            && TorrentEvents.HashesOf(torrent).Contains(
                TorrentEvents.Truncate(hash), StringComparer.OrdinalIgnoreCase));
        List<TorrentJob> active = [.. found.Where(job => job.Torrent is { Status.HasEnded: false })];
        return active.Count > 0 ? active : found;
    }

    private IEnumerable<Job> FindByName(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return FindJobs(name, job => pattern.IsMatch(job.Name));
    }

    /// <summary>
    /// Finds jobs by a predicate: torrent jobs, or jobs of other types if no torrent job is found. Writes an error if
    /// no job is found at all. With wildcards in the key, finds only torrent jobs and writes no error.
    /// </summary>
    private IEnumerable<Job> FindJobs(object key, Func<Job, bool> predicate)
    {
        List<Job> torrentJobs = [.. TorrentJobSourceAdapter.All.Where(predicate)];
        if (torrentJobs.Count > 0 || WildcardPattern.ContainsWildcardCharacters(key.ToString()))
            return torrentJobs;

        // Jobs of other types are returned too, because the caller writes an error that names their type.
        List<Job> others =
        [
            .. InvokeCommand.InvokeScript(@"Microsoft.PowerShell.Core\Get-Job")
                .Select(job => job.BaseObject)
                .OfType<Job>()
                .Where(predicate),
        ];
        return others.Count > 0 ? others : Find(key, _ => false);
    }

    private static string NotSuspendable(Job job) => job is TorrentJob
        ? $"The job '{job.Name}' has ended with the state {job.JobStateInfo.State}."
        : $"The job '{job.Name}' is a {job.PSJobTypeName}, which cannot be suspended or resumed.";

    private static ErrorRecord NotSuspendableError(Job job, Exception error) => ErrorRecords.InvalidArgument(
        "JobNotSuspendable",
        job,
        error,
        job is TorrentJob
            ? "Start the torrent again. Verified pieces are kept."
            : "Suspend or resume torrent jobs only. Stop-Job ends other jobs.");

    /// <summary>
    /// Returns the torrent jobs that the predicate accepts. If there is none and the key has no wildcards, writes an
    /// error.
    /// </summary>
    private List<TorrentJob> Find(object key, Func<TorrentJob, bool> predicate)
    {
        List<TorrentJob> found = [.. TorrentJobSourceAdapter.All.Where(predicate)];
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(key.ToString()))
        {
            WriteError(ErrorRecords.InvalidArgument(
                "JobNotFound",
                key,
                new ItemNotFoundException($"No job has the id, name or info hash '{key}'."),
                "Get-Job lists the jobs."));
        }

        return found;
    }
}
