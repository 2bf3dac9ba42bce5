using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentInfo: reads torrent files and magnet links, and downloads the metadata of magnet links.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentInfo", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TorrentInfo))]
public sealed class GetTorrentInfoCommand : TorrentFileCmdlet
{
    /// <summary>
    /// Maximum number of warnings written for each torrent. A torrent with unusual names has one for each file, which
    /// would hide the warnings of the other torrents.
    /// </summary>
    private const int MaxWarnings = 10;

    /// <summary>
    /// Paths of torrent files, or magnet links. Wildcards are allowed in paths. For a magnet link, only the information
    /// in the link is written.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Paths of torrent files. Wildcard characters are not expanded.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Magnet links whose metadata is downloaded from peers.</summary>
    [Parameter(Mandatory = true, ParameterSetName = MagnetSet)]
    [ValidateNotNullOrEmpty]
    public string[] Magnet { get; set; } = [];

    /// <summary>Maximum time to download the metadata of each magnet link, in seconds.</summary>
    [Parameter(ParameterSetName = MagnetSet)]
    [ValidateRange(1, 24 * 60 * 60)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Additional peers to request the metadata from, as host:port.</summary>
    [Parameter(ParameterSetName = MagnetSet)]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    /// <summary>The bytes of a torrent file.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "InputObject")]
    [ValidateNotNullOrEmpty]
    public byte[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing() => this.ReadSettings();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<TorrentInfo?> torrents = ParameterSetName switch
        {
            PathSet => Read(Path, literal: false),
            LiteralPathSet => Read(LiteralPath, literal: true),
            MagnetSet => Magnet.Select(
                link => FetchInfo(link, ResolvePeers(Peer), TimeSpan.FromSeconds(TimeoutSeconds))),
            _ => [ReadBytes(InputObject, "The input", null)],
        };
        foreach (TorrentInfo? torrent in torrents)
        {
            if (torrent is null)
                continue;
            WriteWarnings(torrent);
            WriteObject(torrent);
        }
    }

    private void WriteWarnings(TorrentInfo torrent)
    {
        string name = torrent.Path ?? torrent.Name;
        foreach (string warning in torrent.Warnings.Take(MaxWarnings))
            WriteWarning($"{name}: {warning}");
        int others = torrent.Warnings.Count - MaxWarnings;
        if (others > 0)
            WriteWarning($"{name}: {others} more warnings are in the property Warnings.");
    }
}
