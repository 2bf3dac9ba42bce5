using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentEvent: writes the logged events of this process's sessions. The events of ended torrents are included.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentEvent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentEvent))]
public sealed class GetTorrentEventCommand : TorrentCmdlet
{
    private const string NameSet = "Name";
    private const string InfoHashSet = "InfoHash";
    private const string JobSet = "Job";
    private const string InputObjectSet = "InputObject";

    private readonly HashSet<string> _hashes = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Names of torrents. Wildcards are allowed. Without this parameter, the events of all torrents and of the sessions
    /// are written.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [Alias("Torrent")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Info hashes of torrents in hexadecimal, v1 or v2.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InfoHashSet)]
    [Text]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrent jobs. Jobs of other types are ignored.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <summary>Torrents from Get-Torrent.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] InputObject { get; set; } = [];

    /// <summary>Kinds of the events to write. Without this parameter, all kinds are written.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public SessionEventKind[] Kind { get; set; } = [];

    /// <summary>
    /// Maximum number of logged events to write. If more are logged, the latest ones are written. With -Wait, a value
    /// of 0 writes only events that occur from now on.
    /// </summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Last { get; set; }

    /// <summary>Continues to write events as they occur, until Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<Torrent> torrents = ParameterSetName switch
        {
            InfoHashSet => InfoHash.SelectMany(RunningTorrents.ByInfoHash),
            JobSet => RunningTorrents.AllOfJobs(Job),
            _ => InputObject.Select(status => status.Torrent),
        };
        _hashes.UnionWith(torrents.SelectMany(TorrentEvents.HashesOf));
        _hashes.UnionWith(InfoHash.Select(TorrentEvents.Truncate));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Func<SessionEvent, bool> isSelected = Filter();
        IReadOnlyList<SessionEvent> logged = SessionHost.Current.Events.GetEvents();
        IEnumerable<SessionEvent> selected = logged.Where(isSelected);
        foreach (SessionEvent entry in Last is { } count ? selected.TakeLast(count) : selected)
            WriteObject(new TorrentEvent(entry));
        if (Wait)
            Follow(logged.Count == 0 ? 0 : logged[^1].Number, isSelected);
    }

    private Func<SessionEvent, bool> Filter()
    {
        WildcardPattern[] names = [.. Name.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase))];
        return entry => IsOfKind(entry) && IsOfTorrent(entry);

        bool IsOfKind(SessionEvent entry) => Kind.Length == 0 || Kind.Contains(entry.Kind);

        bool IsOfTorrent(SessionEvent entry) => ParameterSetName == NameSet
            ? names.Length == 0 || (entry.Torrent is { } name && IsNamed(name))
            : entry.InfoHash is { } hash && _hashes.Contains(hash.ToString());

        // A torrent is also selected by its exact name, so that the name may contain wildcard characters.
        bool IsNamed(string name) =>
            names.Any(pattern => pattern.IsMatch(name)) || Name.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private void Follow(long after, Func<SessionEvent, bool> isSelected) =>
        ForEach(SessionHost.Current.Events.WatchAsync(after, Cancel), entry =>
        {
            if (entry.Kind == SessionEventKind.EventsDropped || isSelected(entry))
                WriteObject(new TorrentEvent(entry));
        });
}
