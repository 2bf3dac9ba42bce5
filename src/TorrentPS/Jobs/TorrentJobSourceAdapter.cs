using System.Collections.Concurrent;
using System.Management.Automation;

namespace TorrentPS.Jobs;

/// <summary>
/// Makes torrent jobs available to PowerShell's job cmdlets, such as Get-Job. Import-Module registers this class.
/// </summary>
public sealed class TorrentJobSourceAdapter : JobSourceAdapter
{
    private static readonly ConcurrentDictionary<Guid, TorrentJob> Jobs = [];

    /// <summary>Creates the adapter and sets its name.</summary>
    public TorrentJobSourceAdapter() => Name = nameof(TorrentJobSourceAdapter);

    /// <summary>All torrent jobs in the order of their ids.</summary>
    internal static IReadOnlyList<TorrentJob> All => [.. Jobs.Values.OrderBy(job => job.Id)];

    /// <summary>
    /// Stores and returns the torrent job that <see cref="Register"/> has put into the parameters of
    /// <paramref name="specification"/>.
    /// </summary>
    public override Job2 NewJob(JobInvocationInfo specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var job = (TorrentJob)specification.Parameters[0][0].Value;
        Jobs[job.InstanceId] = job;
        return job;
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobs() => Where(_ => true);

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByName(string name, bool recurse)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return Where(job => pattern.IsMatch(job.Name));
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByCommand(string command, bool recurse)
    {
        var pattern = WildcardPattern.Get(command, WildcardOptions.IgnoreCase);
        return Where(job => pattern.IsMatch(job.Command));
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByState(JobState state, bool recurse) =>
        Where(job => job.JobStateInfo.State == state);

    /// <summary>Returns no jobs, because torrent jobs do not support filters.</summary>
    public override IList<Job2> GetJobsByFilter(Dictionary<string, object> filter, bool recurse) => [];

    /// <inheritdoc/>
    public override Job2? GetJobByInstanceId(Guid instanceId, bool recurse) => Jobs.GetValueOrDefault(instanceId);

    /// <inheritdoc/>
    public override Job2? GetJobBySessionId(int id, bool recurse) => Jobs.Values.FirstOrDefault(job => job.Id == id);

    /// <inheritdoc/>
    public override void RemoveJob(Job2 job)
    {
        ArgumentNullException.ThrowIfNull(job);
        Jobs.TryRemove(job.InstanceId, out _);
    }

    /// <summary>Adds a torrent job to PowerShell's job list.</summary>
    internal static void Register(TorrentJob job, JobManager manager)
    {
        var definition = new JobDefinition(typeof(TorrentJobSourceAdapter), "", job.Name);
        manager.NewJob(new JobInvocationInfo(definition, new Dictionary<string, object> { ["NewJob"] = job }));
    }

    private static List<Job2> Where(Func<TorrentJob, bool> predicate) => [.. All.Where(predicate)];
}
