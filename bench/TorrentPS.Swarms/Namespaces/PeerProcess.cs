using System.Diagnostics;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>This program once more, in a namespace of its own, being one peer (<see cref="PeerEnd"/>).</summary>
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

        // Started through the dotnet host rather than its own, the program is the host's first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(PeerProcess).Assembly.Location);
        start.ArgumentList.Add(PeerEnd.Command);
        start.ArgumentList.Add(order.ToString());
        _process = Process.Start(start)!;
    }

    /// <summary>Lets it begin.</summary>
    public void Begin() => _process.StandardInput.WriteLine("begin");

    /// <summary>Waits until it can begin.</summary>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public Task ReadyAsync(CancellationToken cancellation) => HearAsync(cancellation);

    /// <summary>Waits until it has everything.</summary>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public async Task<PeerOutcome> OutcomeAsync(CancellationToken cancellation) => PeerOutcome.Parse(await HearAsync(cancellation));

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private async Task<string> HearAsync(CancellationToken cancellation) =>
        await _process.StandardOutput.ReadLineAsync(cancellation) ?? throw new EndOfStreamException("A peer has failed; the error stream tells why.");
}
