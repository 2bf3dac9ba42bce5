using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Jobs;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Start-TorrentSeed: checks existing content and seeds it. The check runs in the job.</summary>
[Cmdlet(VerbsLifecycle.Start, "TorrentSeed", DefaultParameterSetName = SourceSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentJob), typeof(TorrentResult))]
public sealed class StartTorrentSeedCommand : StartTorrentCmdlet
{
    /// <summary>The folder that contains the content, or the content itself.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Text(AcceptsFiles = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? DataPath { get; set; }

    /// <summary>Uploads the pieces that match their hashes even if other pieces are missing or do not match.</summary>
    [Parameter]
    public SwitchParameter AllowPartial { get; set; }

    /// <summary>Treats all pieces as verified without reading the content.</summary>
    [Parameter]
    public SwitchParameter SkipCheck { get; set; }

    /// <summary>Uses super-seeding (BEP 16): announces one piece at a time to each peer.</summary>
    [Parameter]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>
    /// Share ratio at which a torrent stops: uploaded bytes divided by wanted bytes. Without this parameter, a torrent
    /// seeds until it is stopped.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Optional(typeof(double), Min = 0)]
    public double? SeedRatio { get; set; }

    /// <inheritdoc/>
    private protected override string FolderOf(TorrentResult? earlier) =>
        string.IsNullOrEmpty(DataPath) ? earlier?.Path ?? "" : DataPath;

    /// <inheritdoc/>
    private protected override void Start(TorrentMetainfo metainfo, string target)
    {
        if (ShouldProcess(metainfo.Name, $"Check and seed {ByteSize.Format(metainfo.Size)} from '{Folder}'"))
            StartInSession(metainfo, SeedSettings(), ContentLocation.Locate, target);
    }

    /// <inheritdoc/>
    private protected override void Start(MagnetLink link)
    {
        if (ShouldProcess(link.Title, $"Download the metadata, then check and seed the content from '{Folder}'"))
            StartInSession(link, SeedSettings(), ContentLocation.Locate);
    }

    private TorrentSettings SeedSettings() => Settings(
        new TorrentSettings { Destination = Folder, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
}
