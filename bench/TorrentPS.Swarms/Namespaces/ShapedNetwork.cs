using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>
/// Network namespaces on one bridge, each sending through a token bucket (<c>tc tbf</c>) as slow as its uplink is to be. They and whatever
/// runs in them go when this does.
/// </summary>
internal sealed partial class ShapedNetwork : IDisposable
{
    /// <summary>
    /// How long a packet may wait for its turn, in milliseconds: long enough that a few TCP connections together fill the uplink, short
    /// enough that requests and acknowledgements are not held up as behind a bloated buffer.
    /// </summary>
    public const int QueueMilliseconds = 100;

    /// <summary>How much may leave at once, in bytes: ten full packets, under 20 ms at the rates of home uplinks.</summary>
    private const int BurstBytes = 16 * 1024;

    private static int s_networks;
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"tpsl{Environment.ProcessId}x{Interlocked.Increment(ref s_networks)}");
    private int _count;

    public ShapedNetwork()
    {
        RemoveOrphans();
        Do($"ip netns add {Hub}");
        Do($"ip -n {Hub} link add hub type bridge");
        Do($"ip -n {Hub} link set hub up");
    }

    private string Hub => _prefix + "hub";

    /// <summary>Why there can be no such network here; null when there can.</summary>
    public static string? Hindrance() =>
        !OperatingSystem.IsLinux() ? "network namespaces are a thing of Linux"
        : Environment.UserName != "root" ? "only root may make network namespaces"
        : FindTool("ip") is null ? "there is no 'ip' here (package iproute2)"
        : FindTool("tc") is null ? "there is no 'tc' here (package iproute2)"
        : null;

    /// <summary>The address of a machine, counted from 1.</summary>
    public static IPAddress AddressOf(int number) => new([10, 79, 0, (byte)number]);

    /// <summary>Makes the next machine's namespace.</summary>
    /// <param name="megabits">What it can send, in Mbit/s, headers of all layers included.</param>
    /// <returns>The namespace's name.</returns>
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
            CultureInfo.InvariantCulture, $"tc -n {space} qdisc add dev uplink root tbf rate {kilobits}kbit burst {BurstBytes} latency {QueueMilliseconds}ms"));
        return space;
    }

    public void Dispose() => RemoveAll(space => space == Hub || space.StartsWith(_prefix + "p", StringComparison.Ordinal));

    /// <summary>A run that was killed leaves its namespaces; their name holds its process's id.</summary>
    private static void RemoveOrphans() =>
        RemoveAll(space => Name().Match(space) is { Success: true } match && !Directory.Exists($"/proc/{match.Groups[1].Value}"));

    private static void RemoveAll(Predicate<string> isMeant)
    {
        if (!Directory.Exists("/run/netns"))
            return;
        foreach (string space in Directory.GetFiles("/run/netns").Select(path => Path.GetFileName(path)).Where(space => isMeant(space)))
        {
            foreach (string pid in Run($"ip netns pids {space}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Run($"kill -KILL {pid}");
            Run($"ip netns del {space}");
        }
    }

    private static string? FindTool(string name) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static void Do(string command)
    {
        (int code, string output) = Run(command);
        if (code != 0)
            throw new InvalidOperationException($"{command}: {output}");
    }

    private static (int Code, string Output) Run(string command)
    {
        string[] words = command.Split(' ');
        using Process process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [GeneratedRegex(@"^tpsl(\d+)x\d+(hub|p\d+)$")]
    private static partial Regex Name();
}
