using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>New-Torrent: creates torrent files from files and folders.</summary>
[Cmdlet(VerbsCommon.New, "Torrent", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentInfo))]
public sealed class NewTorrentCommand : TorrentFileCmdlet
{
    private const string Extension = ".torrent";

    private TorrentCreationOptions _options = new();
    private readonly List<string> _contents = [];
    private string _output = "";

    /// <summary>Paths of files or folders to create torrents from. Wildcards are allowed.</summary>
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

    /// <summary>Paths of files or folders to create torrents from. Wildcard characters are not expanded.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "LP")]
    [Text]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Path of the torrent file, or of an existing folder in which the torrent file is created.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string OutputPath { get; set; } = ".";

    /// <summary>
    /// Announce URLs. Each element is a tier (BEP 12). An element that is a list is a tier of several trackers.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[] Tracker { get; set; } = [];

    /// <summary>Version of the metainfo: 1, 2 or Hybrid (BEP 52).</summary>
    [Parameter]
    [ValidateSet("1", "2", "Hybrid")]
    public string Version { get; set; } = "1";

    /// <summary>Piece length in bytes. If it is null, the piece length is chosen by the size of the content.</summary>
    [Parameter]
    [ValidateRange(16 * 1024, 1 << 30)]
    public int? PieceLength { get; set; }

    /// <summary>Makes the torrent private (BEP 27): clients find peers only through its trackers.</summary>
    [Parameter]
    public SwitchParameter Private { get; set; }

    /// <summary>Comment stored in the torrent.</summary>
    [Parameter]
    public string? Comment { get; set; }

    /// <summary>Value of the <c>source</c> entry of the info dictionary, such as the name of a tracker.</summary>
    [Parameter]
    public string? Source { get; set; }

    /// <summary>URLs of web seeds (BEP 19).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] WebSeed { get; set; } = [];

    /// <summary>Overwrites an existing torrent file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _output = FullPath(OutputPath);
        try
        {
            _options = new TorrentCreationOptions
            {
                Version = Version switch
                {
                    "1" => MetainfoVersion.V1,
                    "2" => MetainfoVersion.V2,
                    _ => MetainfoVersion.Hybrid,
                },
                PieceLength = PieceLength,
                IsPrivate = Private,
                Comment = Comment,
                Source = Source,
                CreatedBy = $"TorrentPS/{typeof(NewTorrentCommand).Assembly.GetName().Version!.ToString(3)}",
                Trackers = TrackerTiers.Parse(Tracker),
                WebSeeds = WebSeed,
            };
        }
        catch (FormatException e)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "InvalidTracker", Tracker, e, "Give each tracker as an http, https or udp URL."));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        bool literal = ParameterSetName == LiteralPathSet;
        _contents.AddRange(ResolvePaths(literal ? LiteralPath : Path, literal));
    }

    /// <summary>
    /// Creates the torrent files. The cmdlet waits for the end of the input, so that nothing is written if two torrent
    /// files would have the same path.
    /// </summary>
    protected override void EndProcessing()
    {
        (string Content, string Target)[] all = [.. _contents.Distinct().Select(content => (content, Target(content)))];
        RequireDistinctTargets(all);
        foreach ((string content, string target) in all)
            Create(content, target);
    }

    private string Target(string content) =>
        Directory.Exists(_output) ? System.IO.Path.Join(_output, NameOf(content) + Extension) : _output;

    private static string NameOf(string content) =>
        System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(content));

    private void RequireDistinctTargets((string Content, string Target)[] all)
    {
        StringComparer paths = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        if (all.GroupBy(each => each.Target, paths).FirstOrDefault(group => group.Skip(1).Any()) is not { } conflict)
            return;
        string contents = string.Join(" and ", conflict.Take(2).Select(each => $"'{each.Content}'"));
        ThrowTerminatingError(ErrorRecords.InvalidArgument(
            "OutputConflict",
            conflict.Key,
            new ArgumentException(
                $"No torrent was created: the torrents of {contents} would both be written to '{conflict.Key}'."),
            "Set -OutputPath to an existing folder, and use another folder for contents of the same name."));
    }

    private void Create(string content, string target)
    {
        string name = NameOf(content);
        if (File.Exists(target) && !Force)
        {
            WriteError(ErrorRecords.FileExists(target));
            return;
        }

        if (!ShouldProcess(content, $"Create torrent '{target}'"))
            return;
        try
        {
            byte[] torrent = RunWithProgress<byte[], ContentProgress>(
                (progress, cancel) => TorrentCreator.CreateAsync(content, _options, null, progress, cancel),
                report => HashingProgress.Of($"Hashing {name}", report));

            // Written atomically, so that a client that watches the folder does not read an incomplete file.
            AtomicFile.Write(target, torrent);
            if (ReadBytes(torrent, target, target) is { } made)
                WriteObject(made);
        }
        catch (StorageException e)
        {
            WriteError(ErrorRecords.Storage(e));
        }
        catch (ArgumentException e)
        {
            WriteError(ErrorRecords.InvalidArgument(
                "CannotCreateTorrent", content, e, "Get-Help New-Torrent -Full describes the requirements."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorRecords.Unwritable(target, e));
        }
    }
}
