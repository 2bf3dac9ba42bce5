using System.Management.Automation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentInfo: reads torrent files and magnet links, and downloads the metadata of magnet links.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentInfo", DefaultParameterSetName = SourceSet)]
[OutputType(typeof(TorrentInfo))]
public sealed class GetTorrentInfoCommand : TorrentSourceCmdlet
{
    /// <summary>
    /// Maximum number of warnings written for each torrent. A torrent with unusual file names can have a warning for
    /// each file, and thousands of warnings would hide those of other torrents.
    /// </summary>
    private const int MaxWarnings = 10;

    /// <summary>Maximum time to download the metadata of each magnet link, in seconds.</summary>
    [Parameter(ParameterSetName = SourceSet)]
    [ValidateRange(1, 24 * 60 * 60)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Additional peers to request the metadata from, as host:port.</summary>
    [Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    /// <summary>The bytes of a torrent file.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    public byte[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        this.ReadSettings();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<TorrentInfo?> torrents = ParameterSetName == InputObjectSet
            ? [ReadBytes(InputObject, "The input", null)]
            : IsFetching ? ReadSources().Select(Fetch) : ReadSources();
        foreach (TorrentInfo? torrent in torrents)
        {
            if (torrent is null)
                continue;
            WriteWarnings(torrent);
            WriteObject(torrent);
        }
    }

    /// <summary>
    /// Whether the metadata of magnet links and info hashes is downloaded. True if they are given by -Magnet or
    /// -InfoHash. A magnet link given by -Path is only parsed.
    /// </summary>
    private bool IsFetching => Given(Path).Length == 0;

    private TorrentInfo? Fetch(TorrentInfo torrent) =>
        torrent.Link is not { } link
            ? torrent
            : Fetch(link, ResolvePeers(Peer), TimeSpan.FromSeconds(TimeoutSeconds)) is { } metainfo
                ? TorrentInfo.Of(metainfo, null)
                : null;

    private void WriteWarnings(TorrentInfo torrent)
    {
        string name = DisplayText.Line(torrent.Path ?? torrent.Name);
        foreach (string warning in torrent.Warnings.Take(MaxWarnings))
            WriteWarning($"{name}: {warning}");
        int others = torrent.Warnings.Count - MaxWarnings;
        if (others > 0)
            WriteWarning($"{name}: {others} more warnings are in the property Warnings.");
    }
}
