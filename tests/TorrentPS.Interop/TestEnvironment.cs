using System.Diagnostics;
using System.Globalization;
using Xunit.Sdk;

namespace TorrentPS.Interop;

/// <summary>
/// The folder and processes of one test: torrentps, a tracker and other clients. <see cref="Dispose"/> kills the
/// processes and deletes the folder.
/// </summary>
internal sealed class TestEnvironment : IDisposable
{
    /// <summary>The port of the router node or the introducer.</summary>
    public const int ThirdPort = 7005;

    private const int TrackerPort = 7969;
    private readonly Network _network;
    private readonly List<RunningProcess> _processes = [];

    public TestEnvironment(Network network)
    {
        network.EnsureCreated();
        _network = network;
        Folder = Directory.CreateTempSubdirectory("torrentps-interop-").FullName;

        // opentracker changes to another user and must still read its list of torrents.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                Folder, File.GetUnixFileMode(Folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    public string Folder { get; }

    /// <summary>The time since the environment was created.</summary>
    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>Endpoint of the DHT bootstrap node.</summary>
    public static string Router => $"{Network.ThirdAddress}:{ThirdPort}";

    /// <summary>Endpoint of the introducer, a peer that sends peers each other's addresses (BEP 11).</summary>
    public static string Introducer => $"{Network.ThirdAddress}:{ThirdPort}";

    public static string AnnounceUrl(TrackerKind kind) =>
        $"{(kind == TrackerKind.Http ? "http" : "udp")}://{Network.LocalAddress}:{TrackerPort}/announce";

    /// <summary>The network namespace of the other clients.</summary>
    public string RemoteNamespace => _network.RemoteNamespace;

    /// <summary>Creates an empty folder.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    /// <summary>Starts a process in the namespace of torrentps and the tracker.</summary>
    public RunningProcess StartLocal(string name, string file, params IEnumerable<string> arguments) =>
        Start(_network.LocalNamespace, name, file, arguments);

    /// <summary>Starts a process in the namespace of the other clients.</summary>
    public RunningProcess StartRemote(string name, string file, params IEnumerable<string> arguments) =>
        Start(_network.RemoteNamespace, name, file, arguments);

    /// <summary>Starts a process in the namespace of the bootstrap node and the introducer.</summary>
    public RunningProcess StartThird(string name, string file, params IEnumerable<string> arguments) =>
        Start(_network.ThirdNamespace, name, file, arguments);

    /// <summary>Starts a process in a namespace of the test's own.</summary>
    public RunningProcess StartIn(string space, string name, string file, params IEnumerable<string> arguments) =>
        Start(space, name, file, arguments);

    /// <summary>
    /// Starts opentracker for one torrent, on HTTP and UDP. Debian's build serves only listed info hashes.
    /// </summary>
    public void StartTracker(TestTorrent torrent)
    {
        string list = Path.Combine(Folder, "whitelist.txt");
        File.WriteAllText(list, torrent.InfoHash + "\n");
        string[] listen = ["-i", Network.LocalAddress, "-p", $"{TrackerPort}", "-P", $"{TrackerPort}"];
        StartLocal("opentracker", "opentracker", [.. listen, "-u", "nobody", "-w", list]);
    }

    /// <summary>Starts a small DHT, whose first node is the bootstrap node of all clients.</summary>
    public async Task<RunningProcess> StartRouterAsync()
    {
        RunningProcess router = StartThird(
            "router", "/usr/bin/python3", [Script("libtorrent_router.py"), $"{ThirdPort}", .. Network.ThirdAddresses]);
        await router.WaitForLineAsync("its start", line => line == "listening", TimeSpan.FromSeconds(20));
        return router;
    }

    /// <summary>
    /// Starts a peer without content that connects to peers and sends each the addresses of the others (BEP 11).
    /// </summary>
    /// <param name="source">The torrent file, or the info hash for a peer without metadata.</param>
    /// <param name="peers">The endpoints of the peers.</param>
    public RunningProcess StartIntroducer(string source, params IEnumerable<string> peers) => StartThird(
        "introducer",
        "/usr/bin/python3",
        [
            Script("libtorrent_introducer.py"),
            Network.ThirdAddress,
            $"{ThirdPort}",
            source,
            NewFolder("introducer"),
            .. peers,
        ]);

    /// <summary>Waits until the tracker counts a number of seeds or leeches.</summary>
    public async Task WaitForTrackerAsync(TestTorrent torrent, string kind, int count, TimeSpan limit)
    {
        RunningProcess wait = StartLocal(
            $"wait for {count} {kind}",
            "/usr/bin/python3",
            Script("wait_for_peers.py"),
            $"http://{Network.LocalAddress}:{TrackerPort}/scrape",
            torrent.InfoHash,
            kind,
            $"{count}",
            $"{limit.TotalSeconds}");
        await wait.SucceedAsync(limit + TimeSpan.FromSeconds(5));
    }

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Peers", name);

    /// <summary>Returns the peak resident memory of a running process of this test in bytes (Linux).</summary>
    public long PeakMemoryOf(string name)
    {
        int id = _processes.Single(process => process.Name == name).Id;
        string line = File.ReadLines($"/proc/{id}/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    public XunitException Failure(string message) =>
        new($"{message}\n{string.Join("\n", _processes.Select(p => p.Tail()))}");

    public void Dispose()
    {
        foreach (RunningProcess process in Enumerable.Reverse(_processes))
            process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private RunningProcess Start(string networkNamespace, string name, string file, IEnumerable<string> arguments)
    {
        var process = new RunningProcess(
            this, name, "ip", ["netns", "exec", networkNamespace, file, .. arguments], Folder);
        _processes.Add(process);
        return process;
    }
}
