using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets that show information about running torrents, or about torrent files and magnet links.
/// Without parameters, all running torrents are selected.
/// </summary>
public abstract class TorrentOrFileCmdlet : TorrentFileCmdlet
{
    private protected const string AllSet = "All";
    private protected const string JobSet = "Job";
    private protected const string TorrentSet = "Torrent";
    private protected const string NameSet = "Name";
    private protected const string InfoHashSet = "InfoHash";

    /// <summary>
    /// Paths of torrent files, magnet links, or info hashes. Wildcards are allowed in paths.
    /// </summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = PathSet)]
    [Text(AcceptsFiles = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>
    /// Paths of torrent files. Wildcard characters are not expanded.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "LP")]
    [Text]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Magnet links.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = MagnetSet)]
    [Text]
    [ValidateNotNullOrEmpty]
    public string[] Magnet { get; set; } = [];

    /// <summary>Torrents from Get-TorrentInfo.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>Torrent jobs. Jobs of other types are ignored.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <summary>Running torrents from Get-Torrent.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = TorrentSet)]
    [ValidateNotNullOrEmpty]
    public TorrentStatus[] Torrent { get; set; } = [];

    /// <summary>Names of running torrents. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Info hashes of running torrents in hexadecimal.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InfoHashSet)]
    [Text]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>
    /// Returns the selected running torrents; null if torrent files, magnet links or torrent information are selected.
    /// </summary>
    private protected IEnumerable<Torrent>? RunningInputs() => ParameterSetName switch
    {
        AllSet => RunningTorrents.All,
        JobSet => RunningTorrents.ByJobs(Job),
        TorrentSet => Torrent.Select(status => status.Torrent),
        NameSet => this.FindByName(Name),
        InfoHashSet => this.FindByInfoHash(InfoHash),
        _ => null,
    };

    /// <summary>Returns the information about the selected torrent files and magnet links.</summary>
    private protected IEnumerable<TorrentInfo> Inputs() => ParameterSetName switch
    {
        PathSet => Read(Path, literal: false),
        LiteralPathSet => Read(LiteralPath, literal: true),
        MagnetSet => Magnet.Select(ReadMagnet).OfType<TorrentInfo>(),
        _ => InputObject,
    };
}
