using System.Diagnostics;
using System.Globalization;

namespace TorrentPS.Interop;

/// <summary>
/// A machine with two interfaces, each to a machine of its own: one that a test allows, and one that it forbids. The
/// default route leads over the forbidden one, as with a VPN whose connection is lost. Disposal removes the namespaces.
/// </summary>
internal sealed class TwoNetworks : IDisposable
{
    /// <summary>The address of torrentps on the allowed interface.</summary>
    public const string AllowedAddress = "10.79.1.1";

    /// <summary>The address of the machine behind the allowed interface.</summary>
    public const string AllowedPeer = "10.79.1.2";

    /// <summary>The addresses of the machine behind the forbidden interface.</summary>
    public const string ForbiddenPeer = "10.79.2.2";
    public const string ForbiddenPeerIPv6 = "fd79:2::2";

    /// <summary>An address that only the default route reaches.</summary>
    public const string Elsewhere = "20.0.0.1";

    public const string AllowedInterface = "allowed";

    private static int s_count;
    private readonly string _tag = string.Create(
        CultureInfo.InvariantCulture, $"tpst{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}");

    public TwoNetworks()
    {
        foreach (string space in new[] { Machine, AllowedMachine, ForbiddenMachine })
        {
            Ip($"netns add {space}");
            Ip($"-n {space} link set lo up");
        }

        ConnectAllowed();
        Connect("forbidden", 2, ForbiddenMachine);
        Ip($"-n {Machine} route add default via {ForbiddenPeer}");
        Ip($"-n {Machine} -6 route add default via {ForbiddenPeerIPv6}");
    }

    /// <summary>The namespace of torrentps.</summary>
    public string Machine => $"{_tag}m";

    /// <summary>The namespace behind the allowed interface.</summary>
    public string AllowedMachine => $"{_tag}a";

    /// <summary>The namespace behind the forbidden interface.</summary>
    public string ForbiddenMachine => $"{_tag}f";

    /// <summary>Creates the allowed interface, at first or after <see cref="DisconnectAllowed"/>.</summary>
    public void ConnectAllowed() => Connect(AllowedInterface, 1, AllowedMachine);

    public void DisconnectAllowed() => Ip($"-n {Machine} link del {AllowedInterface}");

    public void Dispose()
    {
        foreach (string space in new[] { Machine, AllowedMachine, ForbiddenMachine })
            Run($"netns del {space}");
    }

    /// <summary>Connects the machine to another one by a cable with the networks 10.79.N.0/24 and fd79:N::/64.</summary>
    private void Connect(string name, int number, string other)
    {
        Ip($"-n {Machine} link add {name} type veth peer name cable netns {other}");
        foreach ((string space, string device, int host) in new[] { (Machine, name, 1), (other, "cable", 2) })
        {
            // Without link-local addresses, the system sends no packets of its own.
            Ip($"-n {space} link set {device} addrgenmode none");
            Ip($"-n {space} link set {device} up");
            Ip($"-n {space} addr add 10.79.{number}.{host}/24 dev {device}");
            Ip($"-n {space} addr add fd79:{number}::{host}/64 dev {device} nodad");
        }
    }

    private static void Ip(string arguments)
    {
        (int code, string output) = Run(arguments);
        if (code != 0)
            throw new InvalidOperationException($"ip {arguments}: {output}");
    }

    private static (int Code, string Output) Run(string arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
