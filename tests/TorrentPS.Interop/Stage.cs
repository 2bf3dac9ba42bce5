using System.Diagnostics;
using Xunit.Sdk;

namespace TorrentPS.Interop;

/// <summary>One test's world: a folder, a tracker that knows one torrent, and the processes; all of it goes at the end, whatever happened.</summary>
internal sealed class Stage : IDisposable
{
    /// <summary>The port of who brings peers together.</summary>
    public const int ThirdPort = 7005;

    private const int TrackerPort = 7969;
    private readonly Network _network;
    private readonly List<RunningProcess> _processes = [];

    public Stage(Network network)
    {
        network.Raise();
        _network = network;
        Folder = Directory.CreateTempSubdirectory("torrentps-interop-").FullName;
        // The tracker gives up its rights and must still read its list.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    public string Folder { get; }

    /// <summary>The time since the stage was set.</summary>
    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>Where the node listens that others join the DHT by.</summary>
    public static string Router => $"{Network.ThirdAddress}:{ThirdPort}";

    /// <summary>Where the peer listens that makes others known to each other.</summary>
    public static string Introducer => $"{Network.ThirdAddress}:{ThirdPort}";

    public static string AnnounceUrl(TrackerKind kind) =>
        kind == TrackerKind.Http ? $"http://{Network.OurAddress}:{TrackerPort}/announce" : $"udp://{Network.OurAddress}:{TrackerPort}/announce";

    /// <summary>The namespace of the others.</summary>
    public string TheirSpace => _network.Theirs;

    /// <summary>A new empty folder on the stage.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    /// <summary>Starts a process on our side of the cable.</summary>
    public RunningProcess StartHere(string name, string file, params IEnumerable<string> arguments) => Start(_network.Ours, name, file, arguments);

    /// <summary>Starts a process on the other side of the cable.</summary>
    public RunningProcess StartThere(string name, string file, params IEnumerable<string> arguments) => Start(_network.Theirs, name, file, arguments);

    /// <summary>Starts a process where who brings peers together lives.</summary>
    public RunningProcess StartBetween(string name, string file, params IEnumerable<string> arguments) => Start(_network.Third, name, file, arguments);

    /// <summary>Starts opentracker, on HTTP and UDP at once, for this torrent alone: Debian's build serves only listed info hashes.</summary>
    public void StartTracker(TestTorrent torrent)
    {
        string list = Path.Combine(Folder, "whitelist.txt");
        File.WriteAllText(list, torrent.InfoHash + "\n");
        StartHere("opentracker", "opentracker", "-i", Network.OurAddress, "-p", $"{TrackerPort}", "-P", $"{TrackerPort}", "-u", "nobody", "-w", list);
    }

    /// <summary>Starts a small DHT that the others join.</summary>
    public async Task<RunningProcess> StartRouterAsync()
    {
        RunningProcess router = StartBetween("router", "/usr/bin/python3", [Script("libtorrent_router.py"), $"{ThirdPort}", .. Network.ThirdAddresses]);
        await router.WaitForLineAsync("its start", line => line == "listening", TimeSpan.FromSeconds(20));
        return router;
    }

    /// <summary>Starts a peer that does nothing but connect these peers and tell each of the others; it has no content to speak of.</summary>
    /// <param name="source">The info hash, when it is to know no more, or the torrent file.</param>
    /// <param name="peers">Where they listen.</param>
    public RunningProcess StartIntroducer(string source, params IEnumerable<string> peers) => StartBetween(
        "introducer", "/usr/bin/python3", [Script("libtorrent_introducer.py"), Network.ThirdAddress, $"{ThirdPort}", source, NewFolder("introducer"), .. peers]);

    /// <summary>Waits until the tracker knows so many seeds or leeches.</summary>
    public async Task TrackerKnowsAsync(TestTorrent torrent, string kind, int count, TimeSpan limit)
    {
        RunningProcess wait = StartHere($"wait for {count} {kind}", "/usr/bin/python3", Script("wait_for_peers.py"), $"http://{Network.OurAddress}:{TrackerPort}/scrape",
            torrent.InfoHash, kind, $"{count}", $"{limit.TotalSeconds}");
        await wait.SucceedAsync(limit + TimeSpan.FromSeconds(5));
    }

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Peers", name);

    public XunitException Failure(string message) => new($"{message}\n{string.Join("\n", _processes.Select(p => p.Tail()))}");

    public void Dispose()
    {
        foreach (RunningProcess process in Enumerable.Reverse(_processes))
            process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private RunningProcess Start(string space, string name, string file, IEnumerable<string> arguments)
    {
        var process = new RunningProcess(this, name, "ip", ["netns", "exec", space, file, .. arguments], Folder);
        _processes.Add(process);
        return process;
    }
}
