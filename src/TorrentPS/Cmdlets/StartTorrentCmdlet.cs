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

    private const string ResultSet = "Result";

    private TorrentWait? _wait;
    private List<IPEndPoint> _peers = [];
    private string? _source;
    private long _firstEvent;

    /// <summary>Torrents from Get-TorrentInfo.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>
    /// A result of Start-TorrentDownload, Start-TorrentSeed or Wait-Torrent. Its property Source names the torrent to
    /// start.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ResultSet)]
    [ValidateNotNull]
    public TorrentResult? Result { get; set; }

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
        TorrentResult? earlier = ParameterSetName == ResultSet ? Result : null;
        string folder = FolderOf(earlier);
        _ = TryGetFullPath(folder.Length == 0 ? "." : folder, out string? full, out ErrorRecord? error);
        Folder = full ?? folder;
        error ??= CheckInput();
        foreach (TorrentInfo torrent in ReadInput(earlier))
        {
            _source = torrent.DownloadedFrom ?? torrent.Path ?? torrent.Magnet;
            if (error is not null)
                WriteError(error);
            else if (torrent.Metainfo is { } metainfo)
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

    /// <inheritdoc/>
    private protected override bool RequiresMatch => true;

    /// <summary>The full path of the destination or of the existing content.</summary>
    private protected string Folder { get; private set; } = "";

    /// <summary>
    /// Writes a failed job, or with -Wait a result, for an input that could not be read or started. Both contain the
    /// error message.
    /// </summary>
    private protected override void OnError(ErrorRecord error)
    {
        TorrentResult result = TorrentResult.NotStarted(_source ?? $"{error.TargetObject}", Folder, $"{error}");
        if (Wait && !PassThru)
            WriteObject(result);
        else
            WriteObject(Register(new FailedStartJob(MyInvocation.Line.Trim(), result, error)));
    }

    /// <summary>
    /// Returns the value of -Destination or -DataPath for the current input. If it is not given, returns the folder of
    /// <paramref name="earlier"/>, or an empty text for the current location.
    /// </summary>
    /// <param name="earlier">The value of -Result; null if it is not given.</param>
    private protected abstract string FolderOf(TorrentResult? earlier);

    /// <summary>Returns an error if the parameter values of the current input contradict each other.</summary>
    private protected virtual ErrorRecord? CheckInput() => null;

    /// <summary>The queue that decides when each torrent starts; null starts the torrents at once.</summary>
    private protected virtual TorrentQueue? Queue => null;

    /// <summary>
    /// Starts a torrent whose metadata is known. <paramref name="target"/> is the target object of error records.
    /// </summary>
    private protected abstract void Start(TorrentMetainfo metainfo, string target);

    private protected abstract void Start(MagnetLink link);

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
    /// Starts a torrent in the session for -Port, -BindAddress and -Interface. Writes its job, or with -Wait, waits for
    /// it at the end. If the start fails, writes an error.
    /// </summary>
    /// <param name="metainfo">The metadata of the torrent.</param>
    /// <param name="settings">The settings that do not depend on the metadata.</param>
    /// <param name="completeSettings">Returns the settings for the metadata.</param>
    /// <param name="target">The target object of error records.</param>
    private protected void StartInSession(
        TorrentMetainfo metainfo,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings> completeSettings,
        string target) =>
        StartInSession(
            (key, host) => host.StartAsync(key, metainfo, completeSettings(metainfo, settings), Queue, Cancel), target);

    /// <summary>
    /// Starts the torrent of a magnet link in the session for -Port, -BindAddress and -Interface. Writes its job, or
    /// with -Wait, waits for it at the end. If the start fails, writes an error.
    /// </summary>
    /// <param name="link">The magnet link.</param>
    /// <param name="settings">The settings that do not depend on the metadata.</param>
    /// <param name="completeSettings">Returns the settings for the downloaded metadata.</param>
    private protected void StartInSession(
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings> completeSettings) =>
        StartInSession(
            (key, host) => host.StartAsync(key, link, settings, completeSettings, Queue, Cancel), link.ToString());

    private void StartInSession(Func<SessionKey, SessionHost, Task<Torrent>> start, string target)
    {
        Torrent torrent;
        try
        {
            torrent = Await(start(SessionHost.Current.Key(Port, BindAddress, Interface), SessionHost.Current));
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidFilePriority(target, e));
            return;
        }
        catch (FileNotFoundException e)
        {
            WriteError(ErrorRecords.DataNotFound(Folder, e));
            return;
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, target));
            return;
        }

        TorrentSources.Set(torrent, _source!);
        TorrentJob? job =
            Wait && !PassThru ? null : Register(new StartedTorrentJob(torrent, MyInvocation.Line.Trim(), _firstEvent));
        if (_wait is null)
            WriteObject(job);
        else
            _wait.Add(torrent);
    }

    private TorrentJob Register(TorrentJob job)
    {
        TorrentJobSourceAdapter.Register(job, JobManager);
        return job;
    }

    private IEnumerable<TorrentInfo> ReadInput(TorrentResult? earlier)
    {
        if (ParameterSetName == InputObjectSet)
            return InputObject;
        if (earlier?.Source is not { Length: > 0 } source)
            return ReadSources();

        // The source is the full path of a file, or a text as for -Path.
        return Read([source], literal: System.IO.Path.IsPathRooted(source));
    }
}
