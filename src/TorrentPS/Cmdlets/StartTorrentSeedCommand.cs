using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Jobs;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Start-TorrentSeed: checks existing content and uploads it to peers.</summary>
[Cmdlet(VerbsLifecycle.Start, "TorrentSeed", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentJob), typeof(TorrentResult))]
public sealed class StartTorrentSeedCommand : StartTorrentCmdlet
{
    private string _dataPath = "";

    /// <summary>Folder that holds the content, or the content itself.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string DataPath { get; set; } = ".";

    /// <summary>Upload the verified pieces although others are missing or wrong.</summary>
    [Parameter]
    public SwitchParameter AllowPartial { get; set; }

    /// <summary>Take the data as verified without reading it.</summary>
    [Parameter]
    public SwitchParameter SkipCheck { get; set; }

    /// <summary>Use super-seeding (BEP 16).</summary>
    [Parameter]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>Uploaded bytes per byte of content at which the torrent stops.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double? SeedRatio { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _dataPath = FullPath(DataPath);
    }

    /// <inheritdoc/>
    private protected override void Start(MagnetLink link)
    {
        // The data can only be found once the files are known.
        if (Fetch(link) is { } metainfo)
            Start(metainfo, link.ToString());
    }

    /// <inheritdoc/>
    private protected override void Start(TorrentMetainfo metainfo, string target)
    {
        string folder;
        try
        {
            folder = DataLocation.Find(metainfo, _dataPath);
        }
        catch (FileNotFoundException e)
        {
            WriteError(ErrorRecords.DataNotFound(_dataPath, e));
            return;
        }

        if (!ShouldProcess(metainfo.Name, $"Check and seed {ByteSize.Format(metainfo.Size)} from '{folder}'"))
            return;
        TorrentSettings settings = Settings(
            new() { Destination = folder, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        if (Launch(metainfo, settings, target) is not { } torrent)
            return;
        AwaitCheck(torrent);
        if (torrent.Status is { State: TorrentState.Failed, Fault: { } fault })
            WriteError(ErrorRecords.Fault(fault, _dataPath, resumable: false));
        else
            Follow(torrent);
    }
}
