using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net.NetworkInformation;

namespace TorrentPS.Binding;

/// <summary>Completes -Interface with the names of the active network interfaces.</summary>
public sealed class InterfaceCompleter : IArgumentCompleter
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
        foreach (NetworkInterface link in LocalAddressCompleter.ActiveInterfaces()
            .Where(each => each.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)))
        {
            string addresses = string.Join(
                ", ", link.GetIPProperties().UnicastAddresses.Select(each => each.Address.ToString()));
            string text = link.Name.Any(char.IsWhiteSpace) ? $"'{link.Name}'" : link.Name;
            yield return new CompletionResult(
                text, link.Name, CompletionResultType.ParameterValue, addresses.Length > 0 ? addresses : link.Name);
        }
    }
}
