using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Interop;

/// <summary>
/// Three network namespaces on one bridge, shared by the tests of one class: torrentps and the tracker in one, other clients in another,
/// who brings them together (a DHT node, a peer that knows both) in the third. (Some clients refuse peers on loopback.) The namespaces and
/// whatever still runs in them go when the fixture does.
/// </summary>
public sealed partial class Network : IAsyncLifetime
{
    /// <summary>The address of torrentps and of the tracker.</summary>
    public const string OurAddress = "10.78.0.1";

    /// <summary>The IPv6 address of torrentps, once there is IPv6.</summary>
    public const string OurIPv6Address = "fd78::1";

    /// <summary>The IPv6 address of the other client, once there is IPv6.</summary>
    public const string PeerIPv6Address = "fd78::10";

    /// <summary>A public address in the namespace of <see cref="OurAddress"/>: some of what nodes do they do only where others can reach them.</summary>
    public const string OurPublicIPv6Address = "2001:db8:78::1";

    /// <summary>The address of who brings peers together, the first of <see cref="ThirdAddresses"/>.</summary>
    public const string ThirdAddress = "10.78.0.30";

    /// <summary>CLONE_NEWNET of sched.h.</summary>
    private const int NetworkNamespace = 0x40000000;

    private static int s_count;
    private readonly string _tag = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}");
    private bool _up, _hasIPv6;

    /// <summary>The namespace of torrentps and the tracker.</summary>
    public string Ours => $"tpsi{_tag}a";

    /// <summary>The namespace of the others.</summary>
    public string Theirs => $"tpsi{_tag}b";

    /// <summary>The namespace of who brings peers together.</summary>
    public string Third => $"tpsi{_tag}c";

    /// <summary>Addresses for a small DHT: Transmission takes no DHT for working that has fewer than nine nodes.</summary>
    public static IEnumerable<string> ThirdAddresses { get; } = [.. Enumerable.Range(30, 12).Select(i => $"10.78.0.{i}")];

    private string Hub => $"tpsi{_tag}h";

    /// <summary>The address of the other client number <paramref name="number"/>, 0 to 9. The first is what a client takes that isn't told.</summary>
    public static string PeerAddress(int number) => $"10.78.0.{10 + number}";

    /// <summary>Makes the namespaces on first use, so that a skipped test needs none.</summary>
    public void Raise()
    {
        if (_up)
            return;
        _up = true;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Lower();
        Ip($"netns add {Hub}");
        // Without snooping the bridge gives multicast to everyone, as it must for local discovery.
        Ip($"-n {Hub} link add hub type bridge mcast_snooping 0");
        Ip($"-n {Hub} link set hub up");
        Join(Ours, [OurAddress]);
        Ip($"-n {Ours} addr add {OurPublicIPv6Address}/64 dev cable nodad");
        Join(Theirs, Enumerable.Range(0, 10).Select(PeerAddress));
        Join(Third, ThirdAddresses);
    }

    /// <summary>Gives torrentps and the other client addresses of IPv6, too.</summary>
    public void RaiseIPv6()
    {
        Raise();
        if (_hasIPv6)
            return;
        _hasIPv6 = true;
        Ip($"-n {Ours} addr add {OurIPv6Address}/64 dev cable nodad");
        Ip($"-n {Theirs} addr add {PeerIPv6Address}/64 dev cable nodad");
    }

    /// <summary>Has this process open something in the namespace of torrentps: sockets stay where they were made.</summary>
    public T OpenHere<T>(Func<T> open)
    {
        Raise();
        T? opened = default;
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle space = File.OpenHandle($"/run/netns/{Ours}");
                if (setns(space, NetworkNamespace) != 0)
                    throw new InvalidOperationException($"setns: error {Marshal.GetLastPInvokeError()}");
                opened = open();
            }
            catch (Exception error)
            {
                failed = error;
            }
        });

        // It ends in that namespace, and no other work comes to it.
        thread.Start();
        thread.Join();
        return failed is null ? opened! : throw failed;
    }

    /// <inheritdoc/>
    public Task InitializeAsync()
    {
        if (OperatingSystem.IsLinux() && Directory.Exists("/run/netns"))
            RemoveOrphans();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        if (_up)
            Lower();
        return Task.CompletedTask;
    }

    private void Join(string space, IEnumerable<string> addresses)
    {
        string port = $"to{space[^1]}";
        Ip($"netns add {space}");
        Ip($"-n {Hub} link add {port} type veth peer name cable netns {space}");
        Ip($"-n {Hub} link set {port} master hub up");
        foreach (string address in addresses)
            Ip($"-n {space} addr add {address}/24 dev cable");
        Ip($"-n {space} link set cable up");
        Ip($"-n {space} link set lo up");
        Ip($"-n {space} route add 224.0.0.0/4 dev cable");
    }

    private void Lower()
    {
        foreach (string space in new[] { Ours, Theirs, Third, Hub })
            Remove(space);
    }

    /// <summary>A test process that was killed leaves its namespaces; their name holds its id.</summary>
    private static void RemoveOrphans()
    {
        foreach (string space in Directory.GetFiles("/run/netns").Select(path => Path.GetFileName(path)))
        {
            if (Name().Match(space) is { Success: true } match && !Directory.Exists($"/proc/{match.Groups[1].Value}"))
                Remove(space);
        }
    }

    private static void Remove(string space)
    {
        if (!File.Exists($"/run/netns/{space}"))
            return;
        foreach (string pid in Run("ip", $"netns pids {space}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Run("kill", $"-KILL {pid}");
        Run("ip", $"netns del {space}");
    }

    private static void Ip(string arguments)
    {
        (int code, string output) = Run("ip", arguments);
        if (code != 0)
            throw new InvalidOperationException($"ip {arguments}: {output}");
    }

    private static (int Code, string Output) Run(string file, string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int setns(SafeFileHandle space, int kind);

    [GeneratedRegex(@"^tpsi(\d+)x\d+[abch]$")]
    private static partial Regex Name();
}
