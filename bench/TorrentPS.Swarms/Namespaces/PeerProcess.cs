using System.Diagnostics;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>A process of this program in a network namespace that runs one peer (<see cref="PeerEnd"/>).</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    public PeerProcess(string space, PeerOrder order)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", space, Environment.ProcessPath!])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // With the dotnet host, the program is the first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(PeerProcess).Assembly.Location);
        start.ArgumentList.Add(PeerEnd.Command);
        start.ArgumentList.Add(order.ToString());
        _process = Process.Start(start)!;
    }

    /// <summary>Starts the peer.</summary>
    public void Begin() => _process.StandardInput.WriteLine("begin");

    /// <summary>Waits until the peer is ready to start.</summary>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public Task ReadyAsync(CancellationToken cancellation) => HearAsync(cancellation);

    /// <summary>Waits until the peer completes.</summary>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public async Task<PeerOutcome> OutcomeAsync(CancellationToken cancellation) =>
        PeerOutcome.Parse(await HearAsync(cancellation));

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private async Task<string> HearAsync(CancellationToken cancellation) =>
        await _process.StandardOutput.ReadLineAsync(cancellation)
            ?? throw new EndOfStreamException("A peer process failed. See its error stream.");
}
