using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TorrentPS.Hosting;

namespace TorrentPS.Binding;

/// <summary>Completes -Name and -InfoHash with the names and info hashes of running torrents.</summary>
public sealed class RunningTorrentCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        string typed = (wordToComplete ?? "").Trim('\'', '"');
        foreach (TorrentStatus status in SessionHost.Current.Torrents.Select(torrent => new TorrentStatus(torrent)))
        {
            string? text = parameterName == "InfoHash" ? status.InfoHash ?? status.InfoHashV2 : status.Name;
            if (text is not null && text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                yield return new CompletionResult(
                    Quote(text), text, CompletionResultType.ParameterValue, status.ToString());
        }
    }

    private static string Quote(string text) =>
        text.All(char.IsAsciiLetterOrDigit) ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
}
