using System.Collections;
using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Set-Torrent: changes running torrents.</summary>
[Cmdlet(VerbsCommon.Set, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class SetTorrentCommand : PipedTorrentCmdlet
{
    private static readonly string[] s_changes =
    [
        nameof(DownloadLimit), nameof(UploadLimit), nameof(Choker), nameof(UploadSlots), nameof(SuperSeeding), nameof(PieceStrategy), nameof(MaxPeers),
        nameof(Include), nameof(Exclude), nameof(FilePriority), nameof(PieceCount),
    ];

    private string _summary = "";

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>The most bytes per second received; 0 is unlimited.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? DownloadLimit { get; set; }

    /// <summary>The most bytes per second sent; 0 is unlimited.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? UploadLimit { get; set; }

    /// <summary>By which rule upload slots are given.</summary>
    [Parameter]
    public ChokerKind? Choker { get; set; }

    /// <summary>How many peers are served at once; 0 serves nobody, -1 as many as fill the uplink.</summary>
    [Parameter]
    [ValidateRange(-1, 10_000)]
    public int? UploadSlots { get; set; }

    /// <summary>Show each peer one piece at a time while seeding (BEP 16).</summary>
    [Parameter]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>In which order pieces are asked for.</summary>
    [Parameter]
    public PieceStrategy? PieceStrategy { get; set; }

    /// <summary>The most peers connected at once.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int? MaxPeers { get; set; }

    /// <summary>Wildcards of the files wanted, instead of those before.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [SupportsWildcards]
    public string[]? Include { get; set; }

    /// <summary>Wildcards of the files not wanted, instead of those before.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [SupportsWildcards]
    public string[]? Exclude { get; set; }

    /// <summary>Priorities by wildcard or file index.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public IDictionary? FilePriority { get; set; }

    /// <summary>Get only the first so many pieces; 0 for all.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? PieceCount { get; set; }

    /// <summary>Give the status of each afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        IEnumerable<string> given = s_changes.Where(MyInvocation.BoundParameters.ContainsKey);
        _summary = string.Join(", ", given.Select(name => $"{name} {Text(MyInvocation.BoundParameters[name])}"));
        if (_summary.Length == 0)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NothingToChange",
                null,
                new ArgumentException("Nothing was said to be changed."),
                "Name at least one setting, such as -DownloadLimit 2MB."));
        }
    }

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        string name = torrent.Status.Name;
        if (!ShouldProcess(name, $"Set {_summary}"))
            return;
        try
        {
            Await(ApplyAsync(torrent, ChangeOf(torrent)));
            if (PassThru)
                WriteObject(TorrentStatus.Of(torrent));
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidFilePriority(name, e));
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, name));
        }
        catch (StorageException e)
        {
            WriteError(ErrorRecords.Storage(e));
        }
    }

    private Func<TorrentSettings, TorrentSettings> ChangeOf(Torrent torrent)
    {
        IReadOnlyDictionary<int, DownloadPriority> priorities =
            FilePriority is null ? new Dictionary<int, DownloadPriority>() : FilePriorities.Of(MetainfoOf(torrent), FilePriority);
        bool superSeedingIsGiven = MyInvocation.BoundParameters.ContainsKey(nameof(SuperSeeding));
        return settings => settings with
        {
            DownloadLimit = DownloadLimit switch { null => settings.DownloadLimit, 0 => null, _ => DownloadLimit },
            UploadLimit = UploadLimit switch { null => settings.UploadLimit, 0 => null, _ => UploadLimit },
            Choker = Choker ?? settings.Choker,
            UploadSlots = UploadSlots switch { null => settings.UploadSlots, -1 => null, _ => UploadSlots },
            SuperSeeding = superSeedingIsGiven ? SuperSeeding.ToBool() : settings.SuperSeeding,
            Strategy = PieceStrategy ?? settings.Strategy,
            MaxPeers = MaxPeers ?? settings.MaxPeers,
            Include = Include ?? settings.Include,
            Exclude = Exclude ?? settings.Exclude,
            FilePriorities = settings.FilePriorities.Where(file => !priorities.ContainsKey(file.Key)).Concat(priorities).ToDictionary(),
            PieceCount = PieceCount switch { null => settings.PieceCount, 0 => null, _ => PieceCount },
        };
    }

    private static TorrentMetainfo MetainfoOf(Torrent torrent) => torrent.Metainfo ?? throw new SessionException(
        SessionErrorId.BadSettings, $"The files of '{torrent.Status.Name}' are not known before its metadata is here.");

    private static async Task<bool> ApplyAsync(Torrent torrent, Func<TorrentSettings, TorrentSettings> change)
    {
        await torrent.ApplyAsync(change).ConfigureAwait(false);
        return true;
    }

    private static string Text(object value) => value switch
    {
        IDictionary wishes => string.Join(", ", wishes.Cast<DictionaryEntry>().Select(wish => $"{wish.Key}={wish.Value}")),
        string[] several => several.Length == 0 ? "none" : string.Join(", ", several),
        _ => value.ToString() ?? "",
    };
}
