using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>
/// Runs a test only where a Redis server is installed. Where one is required, its absence is a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithRedisAttribute : FactAttribute
{
    /// <param name="onNetwork">Whether the test also needs an address other than loopback.</param>
    public FactWithRedisAttribute(bool onNetwork = false)
    {
        if (onNetwork && Address is null)
            Skip = "This machine has no IPv4 network.";
        else if (RedisServer.Program is null && Environment.GetEnvironmentVariable("TORRENTPS_REQUIRE_PEERS") is null)
            Skip = "redis-server is not installed.";
    }

    public static IPAddress? Address { get; } = MulticastInterfaces.Find(NetworkBinding.Any)
        .Select(one => one.Address).FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork);
}

/// <summary>A real Redis server on a free port of loopback, without storage on disk.</summary>
internal sealed class RedisServer : IDisposable
{
    private Process? _process;

    public static string? Program { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);

    public int Port { get; } = FreePort();

    public Uri Uri(string user = "", int database = 0) => new($"redis://{user}127.0.0.1:{Port}/{database}");

    public async Task<RedisServer> StartAsync(params string[] options)
    {
        _process = Process.Start(new ProcessStartInfo(
            Program ?? throw new FileNotFoundException("redis-server is not installed, and it is required."),
            ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath(), .. options])
        {
            RedirectStandardOutput = true,
        })!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true)
                ready.TrySetResult();
        };
        _process.BeginOutputReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(20));
        return this;
    }

    public void Stop()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    public void Dispose() => Stop();

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
