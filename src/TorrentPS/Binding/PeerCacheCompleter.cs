using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace TorrentPS.Binding;

/// <summary>Completes -PeerCache with <c>file</c>, <c>none</c> and an example of a Redis address.</summary>
public sealed class PeerCacheCompleter : IArgumentCompleter
{
    private static readonly (string Text, string Description)[] s_locations =
    [
        ("file", "Files in the state folder"),
        ("none", "No peer cache"),
        ("redis://localhost:6379/0", "A Redis server, which several hosts can share"),
        ("rediss://localhost:6379/0", "A Redis server with TLS"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        s_locations.Where(each => each.Text.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(each => new CompletionResult(
                each.Text, each.Text, CompletionResultType.ParameterValue, each.Description));
}
