using System.Net;

namespace TorrentPS.Cli.Tests;

/// <summary>Uses URLs in place of torrent files.</summary>
public sealed class UrlTests : IAsyncLifetime, IDisposable
{
    private readonly HttpListener _server = new();
    private Workspace _space = null!;
    private string _root = "";

    public async Task InitializeAsync()
    {
        _space = await Workspace.CreateAsync();
        using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _root = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        _server.Prefixes.Add(_root);
        _server.Start();
        _ = ServeAsync();
    }

    public void Dispose()
    {
        _server.Close();
        _space.Dispose();
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("info")]
    [InlineData("magnet")]
    [InlineData("verify")]
    public async Task A_URL_gives_the_same_output_as_the_file(string command)
    {
        string[] options = command == "verify" ? ["--data", _space.Data] : [];

        Outcome byUrl = await Tool.RunAsync([command, $"{_root}content.torrent", .. options]);
        Outcome byFile = await Tool.RunAsync([command, _space.Torrent, .. options]);

        Assert.Equal(0, byUrl.Code);
        Assert.Equal(byFile.Out, byUrl.Out);
    }

    [Fact]
    public async Task A_URL_that_cannot_be_downloaded_gives_exit_code_1_and_a_line_without_its_secret()
    {
        Outcome outcome = await Tool.RunAsync(
            "download", $"{_root}missing?passkey=0123456789abcdef", "--destination", _space.NewFolder("none"));

        Assert.Equal(1, outcome.Code);
        string line = Assert.Single(outcome.Error);
        Assert.Contains("HTTP status 404", line);
        Assert.DoesNotContain("0123456789abcdef", line);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _server.GetContextAsync();
                if (context.Request.Url!.AbsolutePath == "/content.torrent")
                    await context.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(_space.Torrent));
                else
                    context.Response.StatusCode = 404;
                context.Response.Close();
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
