using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Base class of the cmdlets that change which peers are blocked.</summary>
public abstract class PeerBlockCmdlet : TorrentCmdlet
{
    /// <summary>
    /// IP addresses, addresses with port, or networks such as 203.0.113.0/24. The port is ignored. A global IPv6
    /// address means its /64 network.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Address { get; set; } = [];

    /// <summary>URL of a piped web seed (BEP 19). It cannot be blocked by address, so an error is written.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Url { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!string.IsNullOrEmpty(Url))
        {
            WriteError(ErrorRecords.InvalidArgument(
                "IsWebSeed",
                Url,
                new TorrentException($"'{Url}' is a web seed, which cannot be blocked by address."),
                "Run Set-TorrentSession -EnableWebSeeds $false to use no web seeds."));
            return;
        }

        foreach (string text in Address)
        {
            if (BlockedNetwork.TryParse(text, out System.Net.IPNetwork network))
                Process(network);
            else
                WriteError(ErrorRecords.InvalidArgument(
                    "InvalidAddress",
                    text,
                    new FormatException($"'{text}' is neither an IP address nor a network."),
                    "Use an address such as 203.0.113.7, or a network such as 203.0.113.0/24."));
        }
    }

    private protected abstract void Process(System.Net.IPNetwork network);

    /// <summary>Replaces the list of blocked networks in the settings of this process.</summary>
    /// <returns>False if the settings are not valid. In this case, the method has written an error.</returns>
    private protected bool TryApply(SessionSettings settings, IReadOnlyList<System.Net.IPNetwork> blocked)
    {
        SessionSettings changed = settings with { BlockList = blocked };
        try
        {
            changed.Check();
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, blocked));
            return false;
        }

        Await(SessionHost.Current.ChangeAsync(changed));
        return true;
    }
}
