using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TorrentPS.Engine;

namespace TorrentPS.Binding;

/// <summary>Completes -DhtBootstrap with the word <c>default</c> and the default bootstrap nodes.</summary>
public sealed class DhtBootstrapCompleter : IArgumentCompleter
{
    internal const string DefaultWord = "default";

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        new[] { DefaultWord }.Concat(SessionSettings.DefaultDhtBootstrap)
            .Where(word => word.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(word => new CompletionResult(
                word,
                word,
                CompletionResultType.ParameterValue,
                word == DefaultWord ? "All public bootstrap nodes" : "A public bootstrap node"));
}
