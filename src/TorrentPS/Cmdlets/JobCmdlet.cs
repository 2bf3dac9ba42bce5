using System.Management.Automation;
using TorrentPS.Jobs;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of Suspend-Job and Resume-Job. -Job accepts any <see cref="Job2"/>; -Id and -Name select torrent jobs
/// only.
/// </summary>
/// <remarks>PowerShell 7 has no Suspend-Job and Resume-Job, although its job API can suspend jobs.</remarks>
public abstract class JobCmdlet : TorrentCmdlet
{
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
    [Parameter(Mandatory = true, ParameterSetName = "Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>Writes each job after it was suspended or resumed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<Job> jobs = ParameterSetName switch
        {
            "Job" => Job,
            "Id" => Id.SelectMany(id => Find(id, job => job.Id == id)),
            _ => Name.SelectMany(name => Find(name, WildcardMatch(name))),
        };
        foreach (Job job in jobs)
        {
            if (!ShouldProcess(job.Name))
                continue;
            // Not on the pipeline thread: the call can block, and Ctrl+C must end the wait.
            if (job is Job2 suspendable && job.JobStateInfo.State is JobState.Running or JobState.Suspended)
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
            catch (Exception e) when (e is not PipelineStoppedException)
            {
                WriteError(NotSuspendableError(job, e.GetBaseException()));
            }
        }
    }

    private protected abstract void Change(Job2 job);

    private static Func<Job, bool> WildcardMatch(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return job => pattern.IsMatch(job.Name);
    }

    private static string NotSuspendable(Job job) => job is Job2
        ? $"Job '{job.Name}' cannot be suspended or resumed because its state is {job.JobStateInfo.State}."
        : $"Job '{job.Name}' cannot be suspended or resumed because its type is {job.PSJobTypeName}.";

    private static ErrorRecord NotSuspendableError(Job job, Exception error) =>
        ErrorRecords.InvalidArgument("JobNotSuspendable", job, error, "Get-Job shows the type and state of each job.");

    private List<Job> Find(object key, Func<Job, bool> predicate)
    {
        List<Job> found = [.. TorrentJobSourceAdapter.All.Where(predicate)];
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(key.ToString()))
        {
            WriteError(ErrorRecords.InvalidArgument(
                "JobNotFound",
                key,
                new ItemNotFoundException($"No torrent job has the id or name '{key}'."),
                "Get-Job lists the jobs."));
        }

        return found;
    }
}
