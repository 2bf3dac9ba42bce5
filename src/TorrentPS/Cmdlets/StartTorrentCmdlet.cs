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

    private TorrentWait? _wait;
    private List<IPEndPoint> _peers = [];
    private string? _source;
    private long _firstEvent;

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
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress? BindAddress { get; set; }

    /// <summary>
    /// The only network interface to use. The torrent is paused while this interface is not available. Without this
    /// parameter, the interface in the session settings is used, unless -BindAddress is given.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? Interface { get; set; }

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
        _firstEvent = SessionHost.Current.Events.LastNumber;
        _wait = Wait ? new TorrentWait(this, stopsAtFault: true, PassThru, Cancel) : null;
        _peers = ResolvePeers(Peer);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<TorrentInfo> torrents = ParameterSetName == InputObjectSet ? InputObject : ReadSources();
        foreach (TorrentInfo torrent in torrents)
        {
            _source = torrent.DownloadedFrom ?? torrent.Path ?? torrent.Link?.ToString() ?? torrent.Name;
            if (torrent.Metainfo is { } metainfo)
                Start(metainfo, torrent.Path ?? torrent.Name);
            else
                Start(torrent.Link!);
            _source = null;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _wait?.Run();

    /// <summary>
    /// Stops the torrents for which the cmdlet still waits. This happens only if the pipeline ends early, for example
    /// by Ctrl+C.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _wait is { Pending.Count: > 0 } wait)
            Task.WhenAll(wait.Pending.Select(torrent => torrent.StopAsync())).Wait(StopTimeout);
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    private protected override SessionSettings DownloadSession =>
        BindAddress is null && Interface is null
            ? base.DownloadSession
            : base.DownloadSession with { BindAddress = BindAddress, Interface = Interface };

    /// <summary>
    /// With -Wait and without -PassThru, writes a result for an input that could not be read or started. The result
    /// contains the error message.
    /// </summary>
    private protected override void OnError(ErrorRecord error)
    {
        if (Wait && !PassThru)
            WriteObject(TorrentResult.NotStarted(_source ?? $"{error.TargetObject}", error.Exception.Message));
    }

    /// <summary>The queue that decides when each torrent starts; null starts the torrents at once.</summary>
    private protected virtual TorrentQueue? Queue => null;

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
    /// Starts a torrent in the session for -Port, -BindAddress and -Interface. If that fails, writes an error and
    /// returns null.
    /// </summary>
    private protected Torrent? StartInSession(TorrentMetainfo metainfo, TorrentSettings settings, string target) =>
        StartInSession((key, host) => host.StartAsync(key, metainfo, settings, Queue, Cancel), target);

    /// <summary>
    /// Starts the torrent of a magnet link in the session for -Port, -BindAddress and -Interface. If that fails, writes
    /// an error and returns null.
    /// </summary>
    private protected Torrent? StartInSession(
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings> completeSettings) =>
        StartInSession(
            (key, host) => host.StartAsync(key, link, settings, completeSettings, Queue, Cancel), link.ToString());

    private Torrent? StartInSession(Func<SessionKey, SessionHost, Task<Torrent>> start, string target)
    {
        try
        {
            Torrent torrent = Await(start(SessionHost.Current.Key(Port, BindAddress, Interface), SessionHost.Current));
            TorrentSources.Set(torrent, _source!);
            return torrent;
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
        TorrentJob? job = Wait && !PassThru ? null : CreateJob(torrent);
        if (_wait is null)
            WriteObject(job);
        else
            _wait.Add(torrent);
    }

    private TorrentJob CreateJob(Torrent torrent)
    {
        var job = new TorrentJob(torrent, MyInvocation.Line.Trim(), _firstEvent);
        TorrentJobSourceAdapter.Register(job, JobManager);
        return job;
    }
}
