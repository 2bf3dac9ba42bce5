using System.Diagnostics;
using System.Globalization;

namespace TorrentPS.Interop;

/// <summary>
/// A machine in a private network, a router with NAT (nftables), and a machine on the other side of the router, which
/// stands for the internet. Connections from outside reach the private network only through mapped ports. Disposal
/// removes the namespaces.
/// </summary>
internal sealed class RouterNetwork : IDisposable
{
    /// <summary>The router's address in the private network.</summary>
    public const string RouterAddress = "10.80.0.1";

    /// <summary>The address of torrentps in the private network.</summary>
    public const string MachineAddress = "10.80.0.2";

    /// <summary>The router's external address.</summary>
    public const string ExternalAddress = "20.80.0.1";

    /// <summary>The address of the machine on the other side of the router.</summary>
    public const string OutsideAddress = "20.80.0.2";

    /// <summary>Name of the interface to the router, and of the router's interface to the internet.</summary>
    public const string Cable = "cable";

    private const string Rules = """
        table inet filter {
            chain input {
                type filter hook input priority 0;
            }
            chain forward {
                type filter hook forward priority 0; policy drop;
                iifname "lan" accept
                ct state established,related accept
                jump miniupnpd
            }
            chain miniupnpd { }
            chain prerouting {
                type nat hook prerouting priority -100;
                jump prerouting_miniupnpd
            }
            chain postrouting {
                type nat hook postrouting priority 100;
                jump postrouting_miniupnpd
                oifname "wan" masquerade
            }
            chain prerouting_miniupnpd { }
            chain postrouting_miniupnpd { }
        }
        """;

    private static int s_count;
    private readonly string _tag = string.Create(
        CultureInfo.InvariantCulture, $"tpsn{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}");

    public RouterNetwork(string folder)
    {
        foreach (string space in new[] { Machine, Router, Outside })
        {
            Run("ip", $"netns add {space}");
            Run("ip", $"-n {space} link set lo up");
        }

        Connect("lan", RouterAddress, Machine, MachineAddress);
        Connect("wan", ExternalAddress, Outside, OutsideAddress);
        Run("ip", $"-n {Machine} route add default via {RouterAddress}");
        Run("ip", $"netns exec {Router} sysctl -qw net.ipv4.ip_forward=1");
        string rules = Path.Combine(folder, "rules.nft");
        File.WriteAllText(rules, Rules);
        Nft($"-f {rules}");
    }

    /// <summary>The namespace of torrentps.</summary>
    public string Machine => $"{_tag}m";

    /// <summary>The namespace of the router.</summary>
    public string Router => $"{_tag}r";

    /// <summary>The namespace on the other side of the router.</summary>
    public string Outside => $"{_tag}o";

    /// <summary>The destinations of the mapped ports, in the notation of nftables.</summary>
    public IReadOnlyList<string> Mappings =>
    [
        .. Nft("list chain inet filter prerouting_miniupnpd").Split('\n')
            .Where(line => line.Contains("dnat", StringComparison.Ordinal))
            .Select(line => line.Trim()),
    ];

    /// <summary>Adds a rule for packets that are sent to the router itself.</summary>
    public void AddInputRule(string rule) => Nft($"add rule inet filter input {rule}");

    public void Dispose()
    {
        foreach (string space in new[] { Machine, Router, Outside })
            Start("ip", $"netns del {space}");
    }

    private void Connect(string name, string address, string other, string otherAddress)
    {
        Run("ip", $"-n {Router} link add {name} type veth peer name {Cable} netns {other}");
        foreach ((string space, string device, string own) in new[]
            { (Router, name, address), (other, Cable, otherAddress) })
        {
            // Without link-local addresses, the system sends no packets of its own.
            Run("ip", $"-n {space} link set {device} addrgenmode none");
            Run("ip", $"-n {space} link set {device} up");
            Run("ip", $"-n {space} addr add {own}/24 dev {device}");
        }
    }

    private string Nft(string arguments) => Run("ip", $"netns exec {Router} nft {arguments}");

    private static string Run(string file, string arguments)
    {
        (int code, string output) = Start(file, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{file} {arguments}: {output}");
    }

    private static (int Code, string Output) Start(string file, string arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
