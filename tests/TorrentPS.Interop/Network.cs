using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Interop;

/// <summary>
/// Three network namespaces on one bridge, shared by the tests of one class: the local one for torrentps and the
/// tracker, the remote one for other clients, and the third for DHT nodes and the introducer. Some clients refuse peers
/// on loopback, so it can't be used instead. Disposal removes the namespaces and kills the processes in them.
/// </summary>
public sealed partial class Network : IAsyncLifetime
{
    /// <summary>The address of torrentps and of the tracker.</summary>
    public const string LocalAddress = "10.78.0.1";

    /// <summary>The public address of torrentps after <see cref="EnsurePublic"/>.</summary>
    public const string LocalPublicAddress = "20.7.0.1";

    /// <summary>The IPv6 address of torrentps after <see cref="EnsureIPv6"/>.</summary>
    public const string LocalIPv6Address = "fd78::1";

    /// <summary>The IPv6 address of the other client after <see cref="EnsureIPv6"/>.</summary>
    public const string RemoteIPv6Address = "fd78::10";

    /// <summary>
    /// A public address in the local namespace. DHT nodes skip some queries at local addresses (BEP 42).
    /// </summary>
    public const string LocalPublicIPv6Address = "2001:db8:78::1";

    /// <summary>
    /// The address of the bootstrap node and the introducer, the first of <see cref="ThirdAddresses"/>.
    /// </summary>
    public const string ThirdAddress = "10.78.0.30";

    /// <summary>CLONE_NEWNET of sched.h.</summary>
    private const int NetworkNamespace = 0x40000000;

    private static int s_count;
    private readonly string _tag = string.Create(
        CultureInfo.InvariantCulture, $"{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}");
    private readonly Lazy<BlockingCollection<Action>> _opener;
    private bool _up, _hasIPv6, _hasPublic;
    private Thread? _openerThread;

    public Network() => _opener = new Lazy<BlockingCollection<Action>>(StartOpener);

    /// <summary>The namespace of torrentps and the tracker.</summary>
    public string LocalNamespace => $"tpsi{_tag}a";

    /// <summary>The namespace of the other clients.</summary>
    public string RemoteNamespace => $"tpsi{_tag}b";

    /// <summary>The namespace of the DHT nodes and the introducer.</summary>
    public string ThirdNamespace => $"tpsi{_tag}c";

    /// <summary>
    /// Addresses for a small DHT. Transmission considers a DHT with fewer than nine nodes as not working.
    /// </summary>
    public static IEnumerable<string> ThirdAddresses { get; } =
    [
        .. Enumerable.Range(30, 12).Select(i => $"10.78.0.{i}"),
    ];

    private string BridgeNamespace => $"tpsi{_tag}h";

    /// <summary>
    /// Returns an address for one of ten other clients, 0 to 9. A client without a configured address uses the first.
    /// </summary>
    public static string RemoteAddress(int number) => $"10.78.0.{10 + number}";

    /// <summary>Creates the namespaces on the first call, so that skipped tests need none.</summary>
    public void EnsureCreated()
    {
        if (_up)
            return;
        _up = true;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove();
        Ip($"netns add {BridgeNamespace}");

        // Without snooping the bridge forwards multicast to all ports, which local discovery requires.
        Ip($"-n {BridgeNamespace} link add hub type bridge mcast_snooping 0");
        Ip($"-n {BridgeNamespace} link set hub up");
        Join(LocalNamespace, [LocalAddress]);
        Ip($"-n {LocalNamespace} addr add {LocalPublicIPv6Address}/64 dev cable nodad");
        Join(RemoteNamespace, Enumerable.Range(0, 10).Select(RemoteAddress));
        Join(ThirdNamespace, ThirdAddresses);
    }

    /// <summary>Adds IPv6 addresses for torrentps and the other client, on the first call.</summary>
    public void EnsureIPv6()
    {
        EnsureCreated();
        if (_hasIPv6)
            return;
        _hasIPv6 = true;
        Ip($"-n {LocalNamespace} addr add {LocalIPv6Address}/64 dev cable nodad");
        Ip($"-n {RemoteNamespace} addr add {RemoteIPv6Address}/64 dev cable nodad");
    }

    /// <summary>
    /// Makes all addresses of 20.7.0.0/16 local addresses of the local namespace, on the first call. They are in the
    /// scope of the internet, so that the limits for strangers apply to them.
    /// </summary>
    public void EnsurePublic()
    {
        EnsureCreated();
        if (_hasPublic)
            return;
        _hasPublic = true;
        Ip($"-n {LocalNamespace} route add local 20.7.0.0/16 dev lo");
    }

    /// <summary>
    /// Runs a function of this process in the local namespace. A socket stays in the namespace that created it.
    /// </summary>
    public T OpenInLocalNamespace<T>(Func<T> open)
    {
        EnsureCreated();
        var opened = new TaskCompletionSource<T>();
        _opener.Value.Add(() =>
        {
            try
            {
                opened.SetResult(open());
            }
            catch (Exception error)
            {
                opened.SetException(error);
            }
        });
        return opened.Task.GetAwaiter().GetResult();
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
        if (_opener.IsValueCreated)
            _opener.Value.CompleteAdding();
        _openerThread?.Join();
        if (_up)
            Remove();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Starts the thread that opens sockets in the local namespace. A namespace belongs to a thread, so that a thread
    /// of the thread pool must not change its own.
    /// </summary>
    private BlockingCollection<Action> StartOpener()
    {
        var work = new BlockingCollection<Action>();
        _openerThread = new Thread(() =>
        {
            using SafeFileHandle space = File.OpenHandle($"/run/netns/{LocalNamespace}");
            if (setns(space, NetworkNamespace) != 0)
                throw new InvalidOperationException($"setns: error {Marshal.GetLastPInvokeError()}");
            foreach (Action open in work.GetConsumingEnumerable())
                open();
        });
        _openerThread.Start();
        return work;
    }

    private void Join(string space, IEnumerable<string> addresses)
    {
        string port = $"to{space[^1]}";
        Ip($"netns add {space}");
        Ip($"-n {BridgeNamespace} link add {port} type veth peer name cable netns {space}");
        Ip($"-n {BridgeNamespace} link set {port} master hub up");
        foreach (string address in addresses)
            Ip($"-n {space} addr add {address}/24 dev cable");
        Ip($"-n {space} link set cable up");
        Ip($"-n {space} link set lo up");
        Ip($"-n {space} route add 224.0.0.0/4 dev cable");
    }

    private void Remove()
    {
        foreach (string space in new[] { LocalNamespace, RemoteNamespace, ThirdNamespace, BridgeNamespace })
            Remove(space);
    }

    /// <summary>
    /// Removes namespaces that killed test processes left. Their names contain the process id.
    /// </summary>
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
        string pids = Run("ip", $"netns pids {space}").Output;
        foreach (string pid in pids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
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
        using Process process = Process.Start(
            new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int setns(SafeFileHandle space, int kind);

    [GeneratedRegex(@"^tpsi(\d+)x\d+[abch]$")]
    private static partial Regex Name();
}
