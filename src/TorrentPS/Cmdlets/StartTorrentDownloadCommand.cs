using System.Collections;
using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Jobs;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Start-TorrentDownload: downloads the content of torrents.</summary>
[Cmdlet(VerbsLifecycle.Start, "TorrentDownload", DefaultParameterSetName = SourceSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentJob), typeof(TorrentResult))]
public sealed class StartTorrentDownloadCommand : StartTorrentCmdlet
{
    private TorrentQueue? _queue;

    /// <summary>Destination folder of the content. It is created if it does not exist.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Text(AcceptsFiles = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Destination { get; set; }

    /// <summary>Wildcard patterns that select the wanted files. Without this parameter, all files are wanted.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TorrentFileCompleter))]
    public string[] Include { get; set; } = [];

    /// <summary>Wildcard patterns that select files not to download.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TorrentFileCompleter))]
    public string[] Exclude { get; set; } = [];

    /// <summary>Priorities of files as a hashtable. A key is a wildcard pattern or a file index.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public IDictionary? FilePriority { get; set; }

    /// <summary>The order in which pieces are requested.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(PieceStrategy))]
    public PieceStrategy? PieceStrategy { get; set; }

    /// <summary>
    /// Number of wanted pieces, counted from the first piece. Without this parameter, all pieces are wanted.
    /// </summary>
    /// <remarks>
    /// Not bound by property name, because the property PieceCount of other objects is the number of all pieces.
    /// </remarks>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? PieceCount { get; set; }

    /// <summary>
    /// Download limit of each torrent in bytes/s. Without this parameter, only the limit in the session settings
    /// applies.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(long), Min = 1)]
    public long? DownloadLimit { get; set; }

    /// <summary>The goal at which a torrent stops by itself. The default is Complete.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(StopWhen))]
    public StopWhen? StopWhen { get; set; }

    /// <summary>
    /// Share ratio at which a torrent stops: uploaded bytes divided by wanted bytes. Implies -StopWhen Ratio.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(double), Min = 0)]
    public double? SeedRatio { get; set; }

    /// <summary>
    /// Overwrites existing files that have no piece of the torrent and were not created by an earlier run.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>
    /// Time after which a torrent fails if it has not reached its goal. The time in the queue (-ThrottleLimit) does not
    /// count. Without this parameter, there is no limit.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public TimeSpan? Timeout { get; set; }

    /// <summary>
    /// Time without new data after which a torrent fails. Without this parameter, there is no limit.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public TimeSpan? StallTimeout { get; set; }

    /// <summary>
    /// Maximum number of the given torrents that download at the same time. Without this parameter, there is no
    /// limit.
    /// </summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? ThrottleLimit { get; set; }

    /// <inheritdoc/>
    private protected override TorrentQueue? Queue => _queue;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _queue = ThrottleLimit is { } limit ? new TorrentQueue(limit) : null;
        if (IsRatioContradicted)
            ThrowTerminatingError(RatioContradicted());
    }

    /// <inheritdoc/>
    private protected override string FolderOf(TorrentResult? earlier) =>
        string.IsNullOrEmpty(Destination) ? earlier?.Destination ?? "" : Destination;

    /// <inheritdoc/>
    private protected override ErrorRecord? CheckInput() => IsRatioContradicted ? RatioContradicted() : null;

    /// <inheritdoc/>
    private protected override void Start(TorrentMetainfo metainfo, string target)
    {
        if (ShouldProcess(metainfo.Name, $"Download {ByteSize.Format(metainfo.Size)} to '{Folder}'"))
            StartInSession(metainfo, DownloadSettings(), CompleteSettings, target);
    }

    /// <inheritdoc/>
    private protected override void Start(MagnetLink link)
    {
        if (ShouldProcess(link.Title, $"Download the metadata and the content to '{Folder}'"))
            StartInSession(link, DownloadSettings(), CompleteSettings);
    }

    private bool IsRatioContradicted =>
        SeedRatio is not null && StopWhen is { } goal && goal is not Engine.StopWhen.Ratio;

    private ErrorRecord RatioContradicted() => ErrorRecords.InvalidArgument(
        "SeedRatioWithoutRatio",
        StopWhen,
        new ArgumentException($"-SeedRatio cannot be used with -StopWhen {StopWhen}."),
        "Use only one of them, or -StopWhen Ratio.");

    /// <summary>Returns the settings with the priorities of -FilePriority.</summary>
    private TorrentSettings CompleteSettings(TorrentMetainfo metainfo, TorrentSettings settings) =>
        TorrentParameters.ApplyFilePriority(FilePriority, metainfo, settings);

    private TorrentSettings DownloadSettings() => Settings(new TorrentSettings { Destination = Folder });
}
