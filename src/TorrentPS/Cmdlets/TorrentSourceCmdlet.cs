using System.Management.Automation;
using TorrentPS.Binding;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Base class of the cmdlets whose torrents are given as files, magnet links or info hashes. The class declares the
/// parameters for these sources. The parameters are also bound by property name, so that the rows of a CSV file can be
/// piped to the cmdlet.
/// </summary>
/// <remarks>
/// The parameters are in one parameter set and not mandatory, because a row of the CSV file can have empty cells for
/// the parameters that its torrent does not use.
/// </remarks>
public abstract class TorrentSourceCmdlet : TorrentFileCmdlet
{
    private protected const string SourceSet = "Source";

    private static readonly string[] s_sources =
        [nameof(Path), nameof(LiteralPath), nameof(Url), nameof(Magnet), nameof(InfoHash)];

    /// <summary>
    /// Paths of torrent files, http or https URLs of torrent files, magnet links, or info hashes of 40 or 64 hexadecimal
    /// digits. Wildcards are allowed in paths.
    /// </summary>
    [Parameter(
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = SourceSet)]
    [Text(AcceptsFiles = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Paths of torrent files. Wildcard characters are not expanded.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SourceSet)]
    [Alias("PSPath", "LP")]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>URLs of torrent files: http or https.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SourceSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] Url { get; set; } = [];

    /// <summary>Magnet links.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SourceSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] Magnet { get; set; } = [];

    /// <summary>Info hashes: 40 (v1) or 64 (v2) hexadecimal digits.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SourceSet)]
    [Text]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] InfoHash { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        RequireValues(MyInvocation.BoundParameters.Keys);
        RequireAtMostOne(s_sources);
    }

    /// <summary>
    /// Reads the torrents of the current input. The input can have values for several of the parameters, for example
    /// the path and the info hash in a row of a CSV file. Only the first of these parameters, in the order of
    /// declaration, is then used. Writes an error for each torrent that cannot be read. Reports an error if the input
    /// has no value for any of the parameters.
    /// </summary>
    private protected IEnumerable<TorrentInfo> ReadSources()
    {
        if (Given(Path) is { Length: > 0 } paths)
            return Read(paths, literal: false);
        if (Given(LiteralPath) is { Length: > 0 } literalPaths)
            return Read(literalPaths, literal: true);
        if (Given(Url) is { Length: > 0 } urls)
            return urls.Select(ReadUrl).OfType<TorrentInfo>();
        if (Given(Magnet) is { Length: > 0 } links)
            return links.Select(ReadMagnet).OfType<TorrentInfo>();
        if (Given(InfoHash) is { Length: > 0 } hashes)
            return hashes.Select(ReadInfoHash).OfType<TorrentInfo>();
        ReportNothingGiven(ErrorRecords.NoSource());
        return [];
    }
}
