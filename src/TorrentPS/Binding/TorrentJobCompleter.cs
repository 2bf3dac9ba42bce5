using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TorrentPS.Jobs;

namespace TorrentPS.Binding;

/// <summary>Completes -Name of Suspend-Job and Resume-Job with the names of torrent jobs that have not ended.</summary>
public sealed class TorrentJobCompleter : IArgumentCompleter
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
        return TorrentJobSourceAdapter.All
            .Where(job => job.JobStateInfo.State is JobState.Running or JobState.Suspended)
            .Where(job => job.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(job => new CompletionResult(
                $"'{CodeGeneration.EscapeSingleQuotedStringContent(job.Name)}'",
                job.Name,
                CompletionResultType.ParameterValue,
                job.StatusMessage));
    }
}
