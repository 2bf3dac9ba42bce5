using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace TorrentPS.Interop;

/// <summary>
/// Two network namespaces joined by a cable, shared by the tests of one class: torrentps and the tracker in one, other clients in the other.
/// (Some clients refuse peers on loopback.) The namespaces and whatever still runs in them go when the fixture does.
/// </summary>
public sealed partial class Network : IAsyncLifetime
{
    /// <summary>The address of torrentps and of the tracker.</summary>
    public const string OurAddress = "10.78.0.1";

    private static int s_count;
    private readonly string _tag = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}");
    private bool _up;

    /// <summary>The namespace of torrentps and the tracker.</summary>
    public string Ours => $"tpsi{_tag}a";

    /// <summary>The namespace of the others.</summary>
    public string Theirs => $"tpsi{_tag}b";

    /// <summary>The address of the other client number <paramref name="number"/>, 0 to 9. The first is what a client takes that isn't told.</summary>
    public static string PeerAddress(int number) => $"10.78.0.{10 + number}";

    /// <summary>Makes the namespaces on first use, so that a skipped test needs none.</summary>
    public void Raise()
    {
        if (_up)
            return;
        _up = true;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Lower();
        (string a, string b) = ($"tv{_tag}a", $"tv{_tag}b");
        Ip($"netns add {Ours}");
        Ip($"netns add {Theirs}");
        Ip($"-n {Ours} link add {a} type veth peer name {b} netns {Theirs}");
        Ip($"-n {Ours} addr add {OurAddress}/24 dev {a}");
        for (int i = 0; i < 10; i++)
            Ip($"-n {Theirs} addr add {PeerAddress(i)}/24 dev {b}");
        foreach ((string space, string device) in new[] { (Ours, a), (Theirs, b), (Ours, "lo"), (Theirs, "lo") })
            Ip($"-n {space} link set {device} up");
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

    private void Lower()
    {
        Remove(Ours);
        Remove(Theirs);
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

    [GeneratedRegex(@"^tpsi(\d+)x\d+[ab]$")]
    private static partial Regex Name();
}
