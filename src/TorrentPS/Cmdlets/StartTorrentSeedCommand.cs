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
    private string _dataPath = "";

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
    protected override void ProcessRecord()
    {
        _dataPath = FullPath(string.IsNullOrEmpty(DataPath) ? "." : DataPath);
        base.ProcessRecord();
    }

    /// <inheritdoc/>
    private protected override void Start(MagnetLink link)
    {
        // The data cannot be located before the file names are known.
        if (Fetch(link) is { } metainfo)
            Start(metainfo, link.ToString());
    }

    /// <inheritdoc/>
    private protected override void Start(TorrentMetainfo metainfo, string target)
    {
        ContentLocation data;
        try
        {
            data = ContentLocation.Find(metainfo, _dataPath);
        }
        catch (FileNotFoundException e)
        {
            WriteError(ErrorRecords.DataNotFound(_dataPath, e));
            return;
        }

        if (!ShouldProcess(metainfo.Name, $"Check and seed {ByteSize.Format(metainfo.Size)} from '{data.Folder}'"))
            return;
        TorrentSettings settings = Settings(
            new()
            {
                Destination = data.Folder,
                ContentName = data.Name,
                Role = TorrentRole.Seed,
                StopWhen = StopWhen.Never,
            });
        if (StartInSession(metainfo, settings, target) is { } torrent)
            WriteJobOrWait(torrent);
    }
}
