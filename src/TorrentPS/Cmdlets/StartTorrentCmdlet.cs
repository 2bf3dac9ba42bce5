using System.Management.Automation;
using System.Net;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Jobs;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of Start-TorrentDownload and Start-TorrentSeed. It has their common parameters, reads the torrents and
/// implements -Wait.
/// </summary>
public abstract class StartTorrentCmdlet : TorrentSourceCmdlet
{
    /// <summary>
    /// Maximum time to wait until torrents have stopped. A stopping torrent waits up to three seconds for its trackers
    /// (<see cref="SessionSettings.CloseGrace"/>).
    /// </summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan UpdateInterval = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<Torrent, (int Activity, TorrentJob? Job)> _waitingFor = [];
    private List<IPEndPoint> _peers = [];
    private long _firstEvent;
    private long _lastEvent;

    /// <summary>Torrents from Get-TorrentInfo.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>Maximum number of connected peers. The default is 100.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(int), Min = 1, Max = 10_000)]
    public int? MaxPeers { get; set; }

    /// <summary>
    /// TCP port to listen on; 0 lets the operating system choose a free port. Without this parameter, the port in the
    /// session settings is used.
    /// </summary>
    [Parameter]
    [ValidateRange(0, IPEndPoint.MaxPort)]
    public int? Port { get; set; }

    /// <summary>
    /// The only local address to listen on and connect from. Without this parameter, the address in the session
    /// settings is used.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? BindAddress { get; set; }

    /// <summary>Peers to connect to at the start, as host:port.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    /// <summary>
    /// Upload limit of each torrent in bytes/s. Without this parameter, only the limit in the session settings applies.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(long), Min = 1)]
    public long? UploadLimit { get; set; }

    /// <summary>The choking algorithm, which assigns the upload slots to peers. The default is TitForTat.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(ChokerKind))]
    public ChokerKind? Choker { get; set; }

    /// <summary>
    /// Number of upload slots. With 0, nothing is uploaded. Without this parameter, the number is automatic: the fewest
    /// slots that fill the uplink.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(int), Min = 0, Max = 10_000)]
    public int? UploadSlots { get; set; }

    /// <summary>
    /// Waits until the torrents have ended, and then writes their results instead of jobs. Shows progress bars
    /// meanwhile.
    /// </summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>
    /// With -Wait, writes each torrent's job when the torrent has ended, instead of the result. Without -Wait, has no
    /// effect, because the jobs are written anyway.
    /// </summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        this.ReadSettings();
        _firstEvent = _lastEvent = SessionHost.Current.Events.LastNumber;
        _peers = ResolvePeers(Peer);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<TorrentInfo> torrents = ParameterSetName == InputObjectSet ? InputObject : ReadSources();
        foreach (TorrentInfo torrent in torrents)
        {
            if (torrent.Metainfo is { } metainfo)
                Start(metainfo, torrent.Path ?? torrent.Name);
            else
                Start(torrent.Link!);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        while (_waitingFor.Count > 0)
        {
            WaitForAny([.. _waitingFor.Keys.Select(torrent => torrent.Completion)]);
            WriteEvents();
            foreach (string warning in SessionHost.Current.TakeWarnings())
                WriteWarning(warning);
            foreach (Torrent torrent in _waitingFor.Keys.ToArray())
                ShowProgress(torrent);
        }
    }

    /// <summary>
    /// Stops the torrents for which the cmdlet still waits. This happens only if the pipeline ends early, for example
    /// by Ctrl+C.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _waitingFor.Count > 0)
        {
            Task.WhenAll(_waitingFor.Keys.Select(torrent => torrent.StopAsync())).Wait(StopTimeout);
            _waitingFor.Clear();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    private protected override SessionSettings DownloadSession =>
        BindAddress is null ? base.DownloadSession : base.DownloadSession with { BindAddress = BindAddress };

    /// <summary>
    /// Starts a torrent whose metadata is known. <paramref name="target"/> is the target object of error records.
    /// </summary>
    private protected abstract void Start(TorrentMetainfo metainfo, string target);

    private protected abstract void Start(MagnetLink link);

    /// <summary>
    /// Returns the metadata of a magnet link, from the state folder or from peers, without a time limit. If that fails,
    /// writes an error and returns null.
    /// </summary>
    private protected TorrentMetainfo? Fetch(MagnetLink link) =>
        Fetch(link, _peers, System.Threading.Timeout.InfiniteTimeSpan);

    /// <summary>
    /// Returns <paramref name="defaults"/> with the values of -Peer and of the other settings that the user gave as
    /// parameters or as properties of the input object.
    /// </summary>
    private protected TorrentSettings Settings(TorrentSettings defaults)
    {
        // The values are read from this object, because BoundParameters keeps the values of earlier input objects.
        var given = new Dictionary<string, object>();
        foreach (string name in TorrentParameters.Names)
        {
            object? value = GetType().GetProperty(name)?.GetValue(this);
            if (value is string[] texts)
                value = Given(texts) is { Length: > 0 } some ? some : null;
            if (value is not null)
                given[name] = value;
        }

        return TorrentParameters.Apply(given, defaults with { Peers = _peers });
    }

    /// <summary>
    /// Starts a torrent in the session for -Port and -BindAddress. If that fails, writes an error and returns null.
    /// </summary>
    private protected Torrent? StartInSession(TorrentMetainfo metainfo, TorrentSettings settings, string target) =>
        StartInSession((key, host) => host.StartAsync(key, metainfo, settings, Cancel), target);

    /// <summary>
    /// Starts the torrent of a magnet link in the session for -Port and -BindAddress. If that fails, writes an error
    /// and returns null.
    /// </summary>
    private protected Torrent? StartInSession(
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings> completeSettings) =>
        StartInSession((key, host) => host.StartAsync(key, link, settings, completeSettings, Cancel), link.ToString());

    private Torrent? StartInSession(Func<SessionKey, SessionHost, Task<Torrent>> start, string target)
    {
        try
        {
            return Await(start(SessionHost.Current.Key(Port, BindAddress), SessionHost.Current));
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidFilePriority(target, e));
            return null;
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, target));
            return null;
        }
    }

    /// <summary>
    /// Creates and writes the job of a torrent. With -Wait, adds the torrent to those for which the cmdlet waits, and
    /// creates a job only with -PassThru.
    /// </summary>
    private protected void WriteJobOrWait(Torrent torrent)
    {
        if (!Wait)
            WriteObject(CreateJob(torrent));
        else
            _waitingFor.Add(torrent, (_waitingFor.Count + 1, PassThru ? CreateJob(torrent) : null));
    }

    private TorrentJob CreateJob(Torrent torrent)
    {
        var job = new TorrentJob(torrent, MyInvocation.Line.Trim(), _firstEvent);
        TorrentJobSourceAdapter.Register(job, JobManager);
        return job;
    }

    /// <summary>
    /// Writes to the verbose stream the events since the previous call that concern the torrents for which the cmdlet
    /// waits.
    /// </summary>
    private void WriteEvents()
    {
        IReadOnlyList<SessionEvent> events = SessionHost.Current.Events.GetEvents(_lastEvent);
        if (events.Count == 0)
            return;
        _lastEvent = events[^1].Number;
        string[] hashes = [.. _waitingFor.Keys.SelectMany(TorrentEvents.HashesOf)];
        foreach (SessionEvent entry in events.Where(entry => hashes.Contains(entry.InfoHash?.ToString())))
            WriteVerbose(TorrentEvent.ToVerbose(entry));
    }

    private void ShowProgress(Torrent torrent)
    {
        (int activity, TorrentJob? job) = _waitingFor[torrent];
        ProgressRecord progress = TorrentProgress.Of(torrent, activity);
        if (!torrent.Completion.IsCompleted)
        {
            WriteProgress(progress);
            // The user cannot resume a torrent while this cmdlet waits for it. So a fault stops the torrent. A later
            // start continues with the pieces on disk.
            if (torrent.Status.Fault is not null)
                Await(StopAsync(torrent));
            return;
        }

        Close(progress);
        _waitingFor.Remove(torrent);
        EngineResult ended = torrent.Completion.Result;
        var result = new TorrentResult(ended);
        if (ended.Status.Fault is { } fault)
            WriteError(ErrorRecords.Fault(fault, result, resumable: false));
        if (job is null)
        {
            WriteObject(result);
            return;
        }

        Await(job.WhenFinishedAsync());
        WriteObject(job);
    }

    private static async Task<bool> StopAsync(Torrent torrent)
    {
        await torrent.StopAsync().ConfigureAwait(false);
        return true;
    }

    private void WaitForAny(Task[] work)
    {
        try
        {
            Task.WaitAny(work, (int)UpdateInterval.TotalMilliseconds, Cancel);
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    private void Close(ProgressRecord progress)
    {
        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
    }
}
