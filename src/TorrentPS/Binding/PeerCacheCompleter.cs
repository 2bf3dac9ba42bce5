using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace TorrentPS.Binding;

/// <summary>Completes -PeerCache with <c>file</c>, <c>none</c> and an example of a Redis address.</summary>
public sealed class PeerCacheCompleter : IArgumentCompleter
{
    private static readonly (string Word, string Meaning)[] s_kinds =
    [
        ("file", "Files in the state folder"),
        ("none", "No peer cache"),
        ("redis://localhost:6379/0", "A Redis server, which several hosts can share"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        s_kinds.Where(kind => kind.Word.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(
                kind => new CompletionResult(kind.Word, kind.Word, CompletionResultType.ParameterValue, kind.Meaning));
}
