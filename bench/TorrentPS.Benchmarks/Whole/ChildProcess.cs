using System.Diagnostics;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>This program once more, spoken to a line at a time.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    public ChildProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Started through the dotnet host rather than its own, the program is the host's first argument.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
    }

    /// <summary>Says a line.</summary>
    public void Tell(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Says no more.</summary>
    public void HangUp() => _process.StandardInput.Close();

    /// <summary>Hears a line.</summary>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public async Task<string> HearAsync(CancellationToken cancellation) =>
        await _process.StandardOutput.ReadLineAsync(cancellation) ?? throw new EndOfStreamException("An end of the transfer has failed.");

    /// <summary>Hears all that is left until the process ends.</summary>
    public Task<string> HearRestAsync(CancellationToken cancellation) => _process.StandardOutput.ReadToEndAsync(cancellation);

    /// <summary>Ends the process: it goes when nobody speaks to it any more, or is made to.</summary>
    public void Dispose()
    {
        HangUp();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill();
        _process.Dispose();
    }
}
