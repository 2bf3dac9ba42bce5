using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TorrentPS.Hosting;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>
/// Completes -Include and -Exclude with the files of the torrent in the command line: a torrent file given by -Path or
/// -LiteralPath, or a running torrent given by -Name or -InfoHash. Nothing is downloaded.
/// </summary>
public sealed class TorrentFileCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string typed = (wordToComplete ?? "").Trim('\'', '"');
        return Torrents(fakeBoundParameters)
            .SelectMany(metainfo => metainfo.Files.Where(file => !file.IsPadding).Select(file => (metainfo, file)))
            .Select(each => (Path: PathInTorrent(each.metainfo, each.file), each.file.Length))
            .Where(file => file.Path.Contains(typed, StringComparison.OrdinalIgnoreCase))
            .Select(file => new CompletionResult(
                $"'{CodeGeneration.EscapeSingleQuotedStringContent(WildcardPattern.Escape(file.Path))}'",
                file.Path,
                CompletionResultType.ParameterValue,
                $"{file.Path} ({ByteSize.Format(file.Length)})"));
    }

    private static IEnumerable<TorrentMetainfo> Torrents(IDictionary bound)
    {
        IEnumerable<TorrentMetainfo?> files = Texts(bound["Path"]).SelectMany(path => ReadFiles("Path", path))
            .Concat(Texts(bound["LiteralPath"]).SelectMany(path => ReadFiles("LiteralPath", path)));
        IEnumerable<TorrentMetainfo?> running = Texts(bound["Name"]).SelectMany(RunningTorrents.ByName)
            .Concat(Texts(bound["InfoHash"]).SelectMany(RunningTorrents.ByInfoHash))
            .Select(torrent => torrent.Metainfo);
        return files.Concat(running).OfType<TorrentMetainfo>();
    }

    private static IEnumerable<string> Texts(object? value) => value switch
    {
        string text => [text],
        IEnumerable several => several.Cast<object?>().Select(each => each?.ToString() ?? ""),
        _ => [],
    };

    /// <summary>
    /// Reads the torrent files at a path, which is relative to PowerShell's current location. Files that cannot be read
    /// are ignored: the cmdlet itself reports the error.
    /// </summary>
    private static IEnumerable<TorrentMetainfo?> ReadFiles(string parameter, string path)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        return
        [
            .. shell.AddCommand(@"Microsoft.PowerShell.Management\Resolve-Path")
                .AddParameter(parameter, path)
                .Invoke<PathInfo>()
                .Select(found => ReadFile(found.ProviderPath)),
        ];
    }

    private static TorrentMetainfo? ReadFile(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file && file.Length <= MetainfoLimits.Default.MaxSize
                ? TorrentMetainfo.Parse(File.ReadAllBytes(path))
                : null;
        }
        catch (Exception e) when (e is MetainfoException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string PathInTorrent(TorrentMetainfo metainfo, TorrentFile file) =>
        metainfo.IsMultiFile ? file.Path[(file.Path.IndexOf('/') + 1)..] : file.Path;
}
