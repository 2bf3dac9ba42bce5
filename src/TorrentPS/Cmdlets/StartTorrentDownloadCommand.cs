using System.Collections;
using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Jobs;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Start-TorrentDownload: gets the content of torrents.</summary>
[Cmdlet(VerbsLifecycle.Start, "TorrentDownload", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentJob), typeof(TorrentResult))]
public sealed class StartTorrentDownloadCommand : StartTorrentCmdlet
{
    private string _destination = "";

    /// <summary>The folder to put the content into; made when it is not there.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = ".";

    /// <summary>Wildcards of the files wanted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Include { get; set; } = [];

    /// <summary>Wildcards of the files not wanted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Exclude { get; set; } = [];

    /// <summary>Priorities by wildcard or file index.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public IDictionary? FilePriority { get; set; }

    /// <summary>In which order pieces are asked for.</summary>
    [Parameter]
    public PieceStrategy PieceStrategy { get; set; }

    /// <summary>Get only the first so many pieces.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? PieceCount { get; set; }

    /// <summary>The most bytes per second received.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? DownloadLimit { get; set; }

    /// <summary>When the torrent is done.</summary>
    [Parameter]
    public StopWhen StopWhen { get; set; }

    /// <summary>How many bytes to send for each wanted byte before the torrent is done.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double? SeedRatio { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _destination = FullPath(Destination);
        if (SeedRatio is null || !MyInvocation.BoundParameters.ContainsKey(nameof(StopWhen)))
            return;
        if (StopWhen is not StopWhen.Ratio)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "SeedRatioWithoutRatio",
                StopWhen,
                new ArgumentException($"-SeedRatio says when to stop, and -StopWhen {StopWhen} says otherwise."),
                "Leave one of them out."));
        }
    }

    /// <inheritdoc/>
    private protected override void Start(TorrentMetainfo metainfo, string target)
    {
        if (!ShouldProcess(metainfo.Name, $"Download {ByteSize.Format(metainfo.Size)} to '{_destination}'"))
            return;
        TorrentSettings settings;
        try
        {
            settings = TorrentParameters.ApplyFilePriority(FilePriority, metainfo, DownloadSettings());
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidFilePriority(target, e));
            return;
        }

        if (Launch(metainfo, settings, target) is { } torrent)
            Follow(torrent);
    }

    /// <inheritdoc/>
    private protected override void Start(MagnetLink link)
    {
        if (!ShouldProcess(link.Title, $"Fetch the metadata and download to '{_destination}'"))
            return;
        if (Launch(link, DownloadSettings(), Settle) is { } torrent)
            Follow(torrent);
    }

    /// <summary>Adds the file priorities once the metadata of a magnet link is known.</summary>
    private TorrentSettings Settle(TorrentMetainfo metainfo, TorrentSettings settings) =>
        TorrentParameters.ApplyFilePriority(FilePriority, metainfo, settings);

    private TorrentSettings DownloadSettings() => Settings(new TorrentSettings { Destination = _destination });
}
