using System.Management.Automation;
using System.Net;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Jobs;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of Start-TorrentDownload and Start-TorrentSeed. It reads the input, has the common parameters and
/// implements -Wait.
/// </summary>
public abstract class StartTorrentCmdlet : TorrentFileCmdlet
{
    private const string InputObjectSet = "InputObject";

    /// <summary>
    /// Maximum time to wait until torrents have stopped. A stopping torrent waits up to three seconds for its trackers
    /// (the session's <c>CloseGrace</c>).
    /// </summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<Torrent, int> _waitingFor = [];
    private List<IPEndPoint> _peers = [];
    private long _firstEvent;
    private long _lastEvent;

    /// <summary>Paths of torrent files, with wildcards, or magnet links.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Paths of torrent files, without wildcards.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Torrents from Get-TorrentInfo.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>Maximum number of connected peers.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int MaxPeers { get; set; } = 100;

    /// <summary>
    /// Port to listen on; 0 lets the operating system choose. Without this parameter, the session's setting is used.
    /// </summary>
    [Parameter]
    [ValidateRange(0, IPEndPoint.MaxPort)]
    public int? Port { get; set; }

    /// <summary>
    /// The only local address to listen on and connect from. Without this parameter, the session's setting is used.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? BindAddress { get; set; }

    /// <summary>Peers to connect to at the start, as host:port.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    /// <summary>
    /// Upload limit of each torrent in bytes/s. Without this parameter, only the session's limit applies.
    /// </summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? UploadLimit { get; set; }

    /// <summary>The choking algorithm.</summary>
    [Parameter]
    public ChokerKind Choker { get; set; }

    /// <summary>
    /// Number of upload slots; with 0, nothing is uploaded. Without this parameter, the number is adjusted
    /// automatically to the uplink.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 10_000)]
    public int? UploadSlots { get; set; }

    /// <summary>
    /// Writes results instead of jobs: shows a progress bar until the torrents have ended, then writes their results.
    /// </summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        this.ReadSettings();
        _firstEvent = _lastEvent = SessionHost.Current.Events.LastNumber;
        _peers = ResolvePeers(Peer);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<TorrentInfo> torrents = ParameterSetName switch
        {
            PathSet => Read(Path, literal: false),
            LiteralPathSet => Read(LiteralPath, literal: true),
            _ => InputObject,
        };
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
            foreach ((Torrent torrent, int activity) in _waitingFor.ToArray())
                Watch(torrent, activity);
        }
    }

    /// <summary>
    /// Stops the torrents that the cmdlet still waits for. There are such torrents only if the pipeline was ended
    /// early, for example by Ctrl+C.
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

    /// <summary>Starts a torrent from its metadata.</summary>
    private protected abstract void Start(TorrentMetainfo metainfo, string target);

    /// <summary>Starts the torrent of a magnet link.</summary>
    private protected abstract void Start(MagnetLink link);

    /// <summary>
    /// Returns the metadata of a magnet link, from the state folder or from peers, without a time limit. Returns null
    /// after writing an error.
    /// </summary>
    private protected TorrentMetainfo? Fetch(MagnetLink link) =>
        Fetch(link, _peers, System.Threading.Timeout.InfiniteTimeSpan);

    /// <summary>
    /// Returns <paramref name="defaults"/> with -Peer and the settings that the user gave as parameters.
    /// </summary>
    private protected TorrentSettings Settings(TorrentSettings defaults) =>
        TorrentParameters.Apply(MyInvocation.BoundParameters, defaults with { Peers = _peers });

    /// <summary>
    /// Starts a torrent in the session for -Port and -BindAddress. Returns null after writing an error.
    /// </summary>
    private protected Torrent? Launch(TorrentMetainfo metainfo, TorrentSettings settings, string target) =>
        Launch((key, host) => host.StartAsync(key, metainfo, settings, Cancel), target);

    /// <summary>
    /// Starts the torrent of a magnet link in the session for -Port and -BindAddress. Returns null after writing an
    /// error.
    /// </summary>
    private protected Torrent? Launch(
        MagnetLink link, TorrentSettings settings, Func<TorrentMetainfo, TorrentSettings, TorrentSettings> settle) =>
        Launch((key, host) => host.StartAsync(key, link, settings, settle, Cancel), link.ToString());

    private Torrent? Launch(Func<SessionKey, SessionHost, Task<Torrent>> start, string target)
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
    /// Creates and writes a job for the torrent. With -Wait, creates no job, but adds the torrent to those for which
    /// the cmdlet waits.
    /// </summary>
    private protected void Follow(Torrent torrent)
    {
        if (Wait)
        {
            _waitingFor.Add(torrent, _waitingFor.Count + 1);
            return;
        }

        var job = new TorrentJob(torrent, MyInvocation.Line.Trim(), _firstEvent);
        TorrentJobSourceAdapter.Register(job, JobManager);
        WriteObject(job);
    }

    /// <summary>
    /// Waits with a progress bar until the torrent's existing data has been checked. Ctrl+C stops the torrent.
    /// </summary>
    private protected void AwaitCheck(Torrent torrent)
    {
        ProgressRecord? shown = null;
        _waitingFor.Add(torrent, 0);
        while (torrent.Status.State is TorrentState.Checking && !torrent.Completion.IsCompleted)
        {
            WaitForAny([torrent.Completion]);
            WriteEvents();
            WriteProgress(shown = TorrentProgress.Of(torrent, 0));
        }

        Close(shown);
        _waitingFor.Remove(torrent);
    }

    /// <summary>
    /// Writes to the verbose stream all events since the previous call of this method that concern torrents for which
    /// this command waits.
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

    private void Watch(Torrent torrent, int activity)
    {
        ProgressRecord progress = TorrentProgress.Of(torrent, activity);
        if (!torrent.Completion.IsCompleted)
        {
            WriteProgress(progress);
            // The user cannot resume a torrent while this pipeline waits for it, so a fault ends the wait. A later
            // start continues.
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
        WriteObject(result);
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
            Task.WaitAny(work, (int)Tick.TotalMilliseconds, Cancel);
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    private void Close(ProgressRecord? progress)
    {
        if (progress is null)
            return;
        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
    }
}
