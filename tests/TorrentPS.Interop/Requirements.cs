using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// What a test needs of the machine. A missing tool skips the test with its reason, unless <c>TORRENTPS_REQUIRE_PEERS=1</c>
/// says that everything must be there: then it fails.
/// </summary>
internal static class Requirements
{
    private static readonly Lazy<string?> s_network = new(WhyNoNamespaces);
    private static readonly Lazy<string?> s_libtorrent = new(() => WhyNot("/usr/bin/python3", "-c", "import libtorrent"));

    public static void Demand(params RealClient[] clients) => Demand("opentracker", clients);

    public static void Demand(string server, params RealClient[] clients)
    {
        string? reason = s_network.Value ?? Missing(server) ?? Missing("/usr/bin/python3") ?? clients.Select(WhyNot).FirstOrDefault(r => r is not null);
        if (reason is null)
            return;
        Assert.False(Environment.GetEnvironmentVariable("TORRENTPS_REQUIRE_PEERS") == "1", $"TORRENTPS_REQUIRE_PEERS=1, but {reason}");
        Skip.If(true, reason);
    }

    private static string? WhyNot(RealClient client) => client switch
    {
        RealClient.Libtorrent => s_libtorrent.Value is null ? null : "python3-libtorrent is not installed",
        RealClient.Transmission => Missing("transmission-daemon") ?? Missing("transmission-remote"),
        _ => Missing("aria2c"),
    };

    private static string? Missing(string tool)
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin");
        return folders.Any(folder => File.Exists(Path.Combine(folder, tool))) ? null : $"{tool} is not installed";
    }

    private static string? WhyNoNamespaces()
    {
        if (!OperatingSystem.IsLinux())
            return "network namespaces need Linux";
        if (Missing("ip") is { } missing)
            return missing;
        string name = $"tpsprobe{Environment.ProcessId}";
        if (WhyNot("ip", "netns", "add", name) is { } refused)
            return $"no network namespace can be made (root is needed): {refused}";
        return WhyNot("ip", "netns", "del", name);
    }

    private static string? WhyNot(string file, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{file}: {e.Message}";
        }
    }
}
