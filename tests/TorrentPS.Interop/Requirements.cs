using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// The tools and rights that a test requires. A test without them is skipped with the reason. It fails instead if
/// <c>TORRENTPS_REQUIRE_PEERS</c> is 1.
/// </summary>
internal static class Requirements
{
    private static readonly Lazy<string?> s_network = new(NamespaceFailure);
    private static readonly Lazy<string?> s_libtorrent = new(
        () => FailureOf("/usr/bin/python3", "-c", "import libtorrent"));

    public static void Require(params RealClient[] clients) => Require("opentracker", clients);

    public static void Require(string server, params RealClient[] clients)
    {
        string? reason = s_network.Value
            ?? Missing(server)
            ?? Missing("/usr/bin/python3")
            ?? clients.Select(FailureOf).FirstOrDefault(failure => failure is not null);
        if (reason is null)
            return;
        Assert.False(
            Environment.GetEnvironmentVariable("TORRENTPS_REQUIRE_PEERS") == "1",
            $"TORRENTPS_REQUIRE_PEERS=1, but {reason}");
        Skip.If(true, reason);
    }

    private static string? FailureOf(RealClient client) => client switch
    {
        RealClient.Libtorrent => s_libtorrent.Value is null ? null : "python3-libtorrent is not installed",
        RealClient.Transmission => Missing("transmission-daemon") ?? Missing("transmission-remote"),
        RealClient.RTorrent => Missing("rtorrent"),
        _ => Missing("aria2c"),
    };

    private static string? Missing(string tool)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        IEnumerable<string> folders = [.. path.Split(':'), "/usr/sbin", "/sbin"];
        return folders.Any(folder => File.Exists(Path.Combine(folder, tool))) ? null : $"{tool} is not installed";
    }

    private static string? NamespaceFailure()
    {
        if (!OperatingSystem.IsLinux())
            return "network namespaces need Linux";
        if (Missing("ip") is { } missing)
            return missing;
        string name = $"tpsprobe{Environment.ProcessId}";
        if (FailureOf("ip", "netns", "add", name) is { } refused)
            return $"cannot create a network namespace (requires root): {refused}";
        return FailureOf("ip", "netns", "del", name);
    }

    private static string? FailureOf(string file, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
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
