using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine.Session;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Stop-Torrent: ends running torrents; what was verified is kept.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Torrent", DefaultParameterSetName = "Name", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentResult))]
public sealed class StopTorrentCommand : TorrentCmdlet
{
    private readonly List<(Torrent Torrent, Task Stopping)> _stopped = [];

    /// <summary>Names of running torrents; wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Info hashes in hex.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "InfoHash")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrents as Get-Torrent gives them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "InputObject")]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <summary>Torrent jobs; other jobs are passed over.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Job")]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <summary>Give the result of each.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<Torrent> torrents = ParameterSetName switch
        {
            "Job" => RunningTorrents.ByJobs(Job),
            "InfoHash" => InfoHash.SelectMany(hash => Found("info hash", hash, RunningTorrents.ByInfoHash(hash))),
            "Name" => Name.SelectMany(name => Found("name", name, RunningTorrents.ByName(name))),
            _ => InputObject.Select(status => status.Torrent),
        };
        foreach (Torrent torrent in torrents)
        {
            // Each is only told here, so that stopping many takes no longer than stopping the slowest.
            if (ShouldProcess(torrent.Status.Name))
                _stopped.Add((torrent, torrent.StopAsync()));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach ((Torrent torrent, Task stopping) in _stopped)
        {
            var result = new TorrentResult(torrent, Await(ResultAsync(torrent, stopping)));
            if (PassThru)
                WriteObject(result);
        }
    }

    private static async Task<EngineResult> ResultAsync(Torrent torrent, Task stopping)
    {
        await stopping.ConfigureAwait(false);
        return await torrent.Completion.ConfigureAwait(false);
    }

    private IReadOnlyList<Torrent> Found(string what, string value, IReadOnlyList<Torrent> found)
    {
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(value))
            WriteError(ErrorRecords.NotRunning(what, value));
        return found;
    }
}
