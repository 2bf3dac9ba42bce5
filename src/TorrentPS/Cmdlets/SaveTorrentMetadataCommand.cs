using System.Management.Automation;
using System.Net;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Save-TorrentMetadata: writes a torrent file with the metadata of a magnet link, a running torrent, or a torrent from
/// Get-TorrentInfo.
/// </summary>
[Cmdlet(VerbsData.Save, "TorrentMetadata", DefaultParameterSetName = MagnetSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class SaveTorrentMetadataCommand : TorrentFileCmdlet
{
    private const string Extension = ".torrent";

    private string _destination = "";
    private List<IPEndPoint> _peers = [];

    /// <summary>Magnet links or info hashes whose metadata is downloaded from peers.</summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = MagnetSet)]
    [Text]
    [ValidateNotNullOrEmpty]
    public string[] Magnet { get; set; } = [];

    /// <summary>Info hashes of torrents whose metadata is downloaded from peers.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "InfoHash")]
    [Text]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrents from Get-TorrentInfo.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>Running torrents from Get-Torrent.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Torrent")]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] Torrent { get; set; } = [];

    /// <summary>
    /// Path of the torrent file, or of an existing folder. In a folder, the torrent file gets the torrent's name.
    /// </summary>
    [Parameter(Position = 1)]
    [Alias("Path", "OutputPath")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = ".";

    /// <summary>Overwrites an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the created file to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Maximum time to download the metadata of each magnet link, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 24 * 60 * 60)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Additional peers to request the metadata from, as host:port.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        this.ReadSettings();
        _destination = FullPath(Destination);
        _peers = ResolvePeers(Peer);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<(MagnetLink? Link, TorrentMetainfo? Metainfo)> torrents = ParameterSetName switch
        {
            MagnetSet => Magnet.Select(link => (ReadLink(link)?.Link, (TorrentMetainfo?)null)),
            "InfoHash" => InfoHash.Select(hash => (ReadInfoHash(hash)?.Link, (TorrentMetainfo?)null)),
            "Torrent" => Torrent.Select(status => (LinkOf(status), status.Torrent.Metainfo)),
            _ => InputObject.Select(torrent => (torrent.Link, torrent.Metainfo)),
        };
        foreach ((MagnetLink? link, TorrentMetainfo? metainfo) in torrents)
        {
            string? name = metainfo?.Name ?? link?.Title;
            if (name is null || !ShouldProcess(name, $"Save the metadata to '{_destination}'"))
                continue;
            if ((metainfo ?? Fetch(link!, _peers, TimeSpan.FromSeconds(TimeoutSeconds))) is { } known)
                Save(known);
        }
    }

    private TorrentInfo? ReadLink(string text) =>
        MagnetLink.TryFromInfoHash(text, out MagnetLink? link) ? TorrentInfo.Of(link) : ReadMagnet(text);

    private static MagnetLink? LinkOf(TorrentStatus status) =>
        status.InfoHash is null && status.InfoHashV2 is null
            ? null
            : MagnetLink.Parse(
                status.InfoHash is { } v1
                    ? $"magnet:?xt=urn:btih:{v1}"
                    : $"magnet:?xt=urn:btmh:1220{status.InfoHashV2}");

    private void Save(TorrentMetainfo metainfo)
    {
        if (metainfo is { Version: MetainfoVersion.V2, LacksPieceLayers: true })
        {
            WriteError(ErrorRecords.NoPieceLayers(metainfo.Name));
            return;
        }

        string path = Directory.Exists(_destination)
            ? Path.Combine(_destination, metainfo.Name + Extension)
            : _destination;
        try
        {
            AtomicFile.Write(path, metainfo.ToTorrentFile(), Force);
            if (PassThru)
                WriteObject(new FileInfo(path));
        }
        catch (IOException) when (!Force && File.Exists(path))
        {
            WriteError(ErrorRecords.FileExists(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorRecords.Unwritable(path, e));
        }
    }
}
