using System.Collections;
using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Set-Torrent: changes the settings of running torrents.</summary>
[Cmdlet(VerbsCommon.Set, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class SetTorrentCommand : PipedTorrentCmdlet
{
    private string _summary = "";

    /// <summary>Download limit in bytes/s; 0 means unlimited.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? DownloadLimit { get; set; }

    /// <summary>Upload limit in bytes/s; 0 means unlimited.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? UploadLimit { get; set; }

    /// <summary>The choking algorithm, which assigns the upload slots to peers.</summary>
    [Parameter]
    public ChokerKind? Choker { get; set; }

    /// <summary>
    /// Number of upload slots. With 0, nothing is uploaded; -1 means automatic: the fewest slots that fill the uplink.
    /// </summary>
    [Parameter]
    [ValidateRange(TorrentParameters.AutomaticSlots, 10_000)]
    public int? UploadSlots { get; set; }

    /// <summary>Uses super-seeding (BEP 16) while the torrent is a seed.</summary>
    [Parameter]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>The order in which pieces are requested.</summary>
    [Parameter]
    public PieceStrategy? PieceStrategy { get; set; }

    /// <summary>Maximum number of connected peers.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int? MaxPeers { get; set; }

    /// <summary>Wildcard patterns that select the wanted files. They replace the current patterns.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TorrentFileCompleter))]
    public string[]? Include { get; set; }

    /// <summary>Wildcard patterns that select files not to download. They replace the current patterns.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TorrentFileCompleter))]
    public string[]? Exclude { get; set; }

    /// <summary>
    /// Priorities of files as a hashtable. A key is a wildcard pattern or a file index. A file that no key matches
    /// keeps its priority.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public IDictionary? FilePriority { get; set; }

    /// <summary>Number of wanted pieces, counted from the first piece; 0 means all pieces.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? PieceCount { get; set; }

    /// <summary>Writes the status of each torrent after the change.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        IEnumerable<string> given = TorrentParameters.Names.Append(nameof(FilePriority)).Where(
            MyInvocation.BoundParameters.ContainsKey);
        _summary = string.Join(", ", given.Select(name => $"{name} {Text(MyInvocation.BoundParameters[name])}"));
        if (_summary.Length == 0)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NothingToChange",
                null,
                new ArgumentException("No setting was given."),
                "Name at least one setting, such as -DownloadLimit 2MB."));
        }
    }

    /// <inheritdoc/>
    private protected override bool SelectsAllByDefault => false;

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        string name = torrent.Status.Name;
        if (!ShouldProcess(name, $"Set {_summary}"))
            return;
        try
        {
            Await(ApplyAsync(torrent, settings => Change(torrent, settings)));
            if (PassThru)
                WriteObject(new TorrentStatus(torrent));
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

    private TorrentSettings Change(Torrent torrent, TorrentSettings settings)
    {
        settings = TorrentParameters.Apply(MyInvocation.BoundParameters, settings);
        return FilePriority is null
            ? settings
            : TorrentParameters.ApplyFilePriority(FilePriority, MetainfoOf(torrent), settings);
    }

    private static TorrentMetainfo MetainfoOf(Torrent torrent) => torrent.Metainfo ?? throw new SessionException(
        SessionErrorId.BadSettings,
        $"-FilePriority cannot be set for '{torrent.Status.Name}' before its metadata is received. "
        + "Wait for the metadata, or use -Include.");

    private static async Task<bool> ApplyAsync(Torrent torrent, Func<TorrentSettings, TorrentSettings> change)
    {
        await torrent.ApplyAsync(change).ConfigureAwait(false);
        return true;
    }

    private static string Text(object value) => value switch
    {
        IDictionary priorities => string.Join(
            ", ", priorities.Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}")),
        string[] several => several.Length == 0 ? "none" : string.Join(", ", several),
        _ => value.ToString() ?? "",
    };
}
