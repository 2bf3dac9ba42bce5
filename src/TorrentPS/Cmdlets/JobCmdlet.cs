using System.Management.Automation;
using TorrentPS.Jobs;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of Suspend-Job and Resume-Job, which PowerShell removed with workflows. -Job takes every job that can be
/// suspended, -Id and -Name take torrent jobs only.
/// </summary>
public abstract class JobCmdlet : TorrentCmdlet
{
    private readonly List<(Job Job, Task Done)> _told = [];

    /// <summary>Jobs to suspend or resume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Job")]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <summary>Ids of torrent jobs.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Id")]
    [ValidateNotNullOrEmpty]
    public int[] Id { get; set; } = [];

    /// <summary>Names of torrent jobs; wildcards allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>Write the jobs.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<Job> jobs = ParameterSetName switch
        {
            "Job" => Job,
            "Id" => Id.SelectMany(id => Found(id, job => job.Id == id)),
            _ => Name.SelectMany(name => Found(name, WildcardMatch(name))),
        };
        foreach (Job job in jobs)
        {
            if (!ShouldProcess(job.Name))
                continue;
            // Not on the pipeline thread: another kind of job may block, and Ctrl+C must still work.
            if (job is Job2 able && job.JobStateInfo.State is JobState.Running or JobState.Suspended)
                _told.Add((job, Task.Run(() => Tell(able))));
            else
                WriteError(Refused(job, new InvalidOperationException(
                    $"Job '{job.Name}' can't be suspended or resumed: it is {job.JobStateInfo.State}.")));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach ((Job job, Task done) in _told)
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
                WriteError(Refused(job, e.GetBaseException()));
            }
        }
    }

    /// <summary>Suspends or resumes the job.</summary>
    private protected abstract void Tell(Job2 job);

    private static Func<Job, bool> WildcardMatch(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return job => pattern.IsMatch(job.Name);
    }

    private static ErrorRecord Refused(Job job, Exception error) =>
        ErrorRecords.InvalidArgument("JobNotSuspendable", job, error, "Get-Job shows each job's state.");

    private List<Job> Found(object key, Func<Job, bool> wanted)
    {
        List<Job> found = [.. TorrentJobSourceAdapter.All.Where(wanted)];
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(key.ToString()))
        {
            WriteError(ErrorRecords.InvalidArgument(
                "JobNotFound",
                key,
                new ItemNotFoundException($"There is no torrent job '{key}'."),
                "Get-Job lists the jobs."));
        }

        return found;
    }
}
