using System.Diagnostics;
using System.Text.Json;

namespace TorrentPS.Cli.Tests;

/// <summary>Exit code and output of one run of the console.</summary>
internal sealed record Outcome(int Code, string[] Out, string[] Error)
{
    /// <summary>The last line of output as JSON.</summary>
    public JsonElement Result => JsonDocument.Parse(Out[^1]).RootElement;
}

/// <summary>
/// Runs command lines of the console: in the test process, or in a process of their own for tests of signals.
/// </summary>
internal static class Tool
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Options that turn off peer discovery, so that transfers connect only to the given peers.</summary>
    public static readonly string[] NoDiscovery = ["--no-dht", "--no-lsd", "--no-port-mapping", "--peer-cache", "none"];

    public static Task<Outcome> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public static async Task<Outcome> RunAsync(CancellationToken interrupted, params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandLine.RunAsync(arguments,
            new Terminal(TextWriter.Synchronized(output), TextWriter.Synchronized(error), false),
            interrupted).WaitAsync(Limit);
        return new Outcome(code, Lines(output), Lines(error));
    }

    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows()
            ? "torrentps.exe" : "torrentps"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static string[] Lines(StringWriter writer) =>
        writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
