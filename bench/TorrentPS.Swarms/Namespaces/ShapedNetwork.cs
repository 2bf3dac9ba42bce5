using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>
/// Network namespaces on one bridge, each sending through a token bucket (<c>tc tbf</c>) with the rate of its uplink.
/// Disposal removes the namespaces and kills their processes.
/// </summary>
internal sealed partial class ShapedNetwork : IDisposable
{
    /// <summary>
    /// Maximum time a packet is queued in milliseconds. Long enough for a few TCP connections to fill the uplink, short
    /// enough not to delay requests and acknowledgements as bufferbloat does.
    /// </summary>
    public const int QueueMilliseconds = 100;

    /// <summary>Burst size in bytes: ten full packets, less than 20 ms at the rates of home uplinks.</summary>
    private const int BurstBytes = 16 * 1024;

    private static int s_networks;
    private readonly string _prefix = string.Create(
        CultureInfo.InvariantCulture, $"tpsl{Environment.ProcessId}x{Interlocked.Increment(ref s_networks)}");
    private int _count;

    public ShapedNetwork()
    {
        RemoveOrphans();
        Do($"ip netns add {Hub}");
        Do($"ip -n {Hub} link add hub type bridge");
        Do($"ip -n {Hub} link set hub up");
    }

    private string Hub => _prefix + "hub";

    /// <summary>Returns the reason why such a network cannot be created here; null if it can.</summary>
    public static string? Hindrance() =>
        !OperatingSystem.IsLinux() ? "network namespaces need Linux"
        : Environment.UserName != "root" ? "network namespaces need root"
        : FindTool("ip") is null ? "'ip' is missing (package iproute2)"
        : FindTool("tc") is null ? "'tc' is missing (package iproute2)"
        : null;

    /// <summary>Returns the address of a machine, numbered from 1.</summary>
    public static IPAddress AddressOf(int number) => new([10, 79, 0, (byte)number]);

    /// <summary>Creates the namespace of the next machine.</summary>
    /// <param name="megabits">The upload bandwidth in Mbit/s, including headers of all layers.</param>
    /// <returns>The name of the namespace.</returns>
    public string Add(double megabits)
    {
        int number = ++_count;
        string space = string.Create(CultureInfo.InvariantCulture, $"{_prefix}p{number}");
        Do($"ip netns add {space}");
        Do($"ip -n {Hub} link add p{number} type veth peer name uplink netns {space}");
        Do($"ip -n {Hub} link set p{number} master hub up");
        Do($"ip -n {space} addr add {AddressOf(number)}/24 dev uplink");
        Do($"ip -n {space} link set uplink up");
        Do($"ip -n {space} link set lo up");
        int kilobits = (int)(1000 * megabits);
        Do(string.Create(
            CultureInfo.InvariantCulture,
            $"tc -n {space} qdisc add dev uplink root tbf rate {kilobits}kbit burst {BurstBytes} "
            + $"latency {QueueMilliseconds}ms"));
        return space;
    }

    public void Dispose() =>
        RemoveAll(space => space == Hub || space.StartsWith(_prefix + "p", StringComparison.Ordinal));

    /// <summary>Removes the namespaces of killed runs. A namespace's name contains its process id.</summary>
    private static void RemoveOrphans() => RemoveAll(
        space => Name().Match(space) is { Success: true } match
            && !Directory.Exists($"/proc/{match.Groups[1].Value}"));

    private static void RemoveAll(Predicate<string> isMeant)
    {
        if (!Directory.Exists("/run/netns"))
            return;
        foreach (string space in Directory.GetFiles("/run/netns").Select(path => Path.GetFileName(path)))
        {
            if (!isMeant(space))
                continue;
            string pids = Run($"ip netns pids {space}").Output;
            foreach (string pid in pids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Run($"kill -KILL {pid}");
            Run($"ip netns del {space}");
        }
    }

    private static string? FindTool(string name) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':')
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    private static void Do(string command)
    {
        (int code, string output) = Run(command);
        if (code != 0)
            throw new InvalidOperationException($"{command}: {output}");
    }

    private static (int Code, string Output) Run(string command)
    {
        string[] words = command.Split(' ');
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [GeneratedRegex(@"^tpsl(\d+)x\d+(hub|p\d+)$")]
    private static partial Regex Name();
}
