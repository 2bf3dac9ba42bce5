using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Test-Torrent: verifies content on disk against torrents.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Torrent", DefaultParameterSetName = SourceSet)]
[OutputType(typeof(TorrentTestResult), typeof(bool))]
public sealed class TestTorrentCommand : TorrentSourceCmdlet
{
    private string _dataPath = "";

    /// <summary>Torrents from Get-TorrentInfo.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>The folder that contains the content, or the content itself.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Text(AcceptsFiles = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? DataPath { get; set; }

    /// <summary>Writes whether each torrent is complete, as true or false, instead of the result.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _dataPath = FullPath(string.IsNullOrEmpty(DataPath) ? "." : DataPath);
        IEnumerable<TorrentInfo> torrents = ParameterSetName == InputObjectSet ? InputObject : ReadSources();
        foreach (TorrentInfo torrent in torrents)
        {
            if (torrent.Metainfo is { Version: MetainfoVersion.V2, LacksPieceLayers: true })
                WriteError(ErrorRecords.NoPieceLayers(torrent.Name));
            else if (torrent.Metainfo is { } metainfo)
                Test(metainfo);
            else
                WriteError(ErrorRecords.NoMetadata(torrent.Magnet));
        }
    }

    private void Test(TorrentMetainfo metainfo)
    {
        try
        {
            (string folder, string? name) = ContentLocation.Find(metainfo, _dataPath);
            ContentCheckResult check = RunWithProgress<ContentCheckResult, ContentProgress>(
                (progress, cancel) => ContentCheck.RunAsync(metainfo, folder, progress, name, cancel),
                report => HashingProgress.Of($"Checking {metainfo.Name}", report));
            var result = new TorrentTestResult(metainfo, folder, check);
            WriteObject(Quiet ? result.IsComplete : result);
        }
        catch (FileNotFoundException e) when (Quiet)
        {
            WriteVerbose(e.Message);
            WriteObject(false);
        }
        catch (FileNotFoundException e)
        {
            WriteError(ErrorRecords.DataNotFound(_dataPath, e));
        }
        catch (StorageException e)
        {
            WriteError(ErrorRecords.Storage(e));
        }
    }
}
