using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net.NetworkInformation;

namespace TorrentPS.Binding;

/// <summary>Completes -BindAddress with the IP addresses of the active network interfaces.</summary>
public sealed class LocalAddressCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        foreach (NetworkInterface link in ActiveInterfaces())
        {
            foreach (string address in link.GetIPProperties().UnicastAddresses.Select(each => each.Address.ToString()))
            {
                if (address.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
                    yield return new CompletionResult(address, address, CompletionResultType.ParameterValue, link.Name);
            }
        }
    }

    internal static IEnumerable<NetworkInterface> ActiveInterfaces() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(link => link.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown);
}
