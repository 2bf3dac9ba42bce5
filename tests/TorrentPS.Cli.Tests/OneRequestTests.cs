using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPS.Cli.Tests;

/// <summary>Commands that run no torrent: the local address from which they connect.</summary>
public sealed class OneRequestTests
{
    [SkippableTheory]
    [InlineData("peers", "--handshake")]
    [InlineData("peers", "--trackers")]
    [InlineData("magnet")]
    [InlineData("verify", "--data", ".")]
    [InlineData("info")]
    public async Task A_bound_command_connects_from_its_address_only(string command, params string[] options)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux has all addresses of 127.0.0.0/8.");
        await using var server = new Server();
        string[] source = [server.Url("x.torrent")];
        using Workspace space = await Workspace.CreateAsync("--tracker", server.Url("announce"));
        if (command == "peers")
            source = [space.Torrent];

        await Tool.RunAsync([command, .. source, .. options, "--bind", "127.0.0.2"]);

        Assert.Equal([IPAddress.Parse("127.0.0.2")], server.Callers.Distinct());
        Assert.True(server.Callers.Count >= (options.Contains("--handshake") ? 2 : 1));
    }

    [Fact]
    public async Task A_missing_interface_is_an_error_and_nothing_is_sent()
    {
        await using var server = new Server();
        using Workspace space = await Workspace.CreateAsync("--tracker", server.Url("announce"));

        Outcome outcome = await Tool.RunAsync("peers", space.Torrent, "--interface", "none9");

        Assert.Equal(1, outcome.Code);
        Assert.NotEmpty(outcome.Error);
        Assert.Empty(server.Callers);
    }

    /// <summary>
    /// A server that answers each request with itself as the only peer, and records the addresses of its callers.
    /// </summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public Server()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public ConcurrentQueue<IPAddress> Callers { get; } = [];

        private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public string Url(string path) => $"http://127.0.0.1:{Port}/{path}";

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            byte[] body =
                [.. "d8:intervali900e5:peers6:"u8, 127, 0, 0, 1, (byte)(Port >> 8), (byte)Port, (byte)'e'];
            byte[] head = Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
            try
            {
                while (true)
                {
                    using Socket caller = await _listener.AcceptSocketAsync();
                    Callers.Enqueue(((IPEndPoint)caller.RemoteEndPoint!).Address);
                    await caller.ReceiveAsync(new byte[4096]);
                    await caller.SendAsync((byte[])[.. head, .. body]);
                    caller.Shutdown(SocketShutdown.Send);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test has ended.
            }
        }
    }
}
