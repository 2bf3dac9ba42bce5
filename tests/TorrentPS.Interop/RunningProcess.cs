using System.Diagnostics;
using Xunit.Sdk;

namespace TorrentPS.Interop;

/// <summary>
/// A process whose output lines can be awaited. Every wait has a limit, and a failure shows the output of all processes
/// of the test.
/// </summary>
internal sealed class RunningProcess : IDisposable
{
    private const int TailLines = 40;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<TimeSpan> _times = [];
    private readonly Process _process;
    private readonly TestEnvironment _environment;
    private TaskCompletionSource _more = NewSignal();

    public RunningProcess(
        TestEnvironment environment, string name, string file, IEnumerable<string> arguments, string folder)
    {
        _environment = environment;
        Name = name;
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["HOME"] = folder;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) => Add(e.Data);
        _process.ErrorDataReceived += (_, e) => Add(e.Data);
        _process.Exited += (_, _) => Add(null);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The output so far, standard output and error in order of arrival.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <summary>
    /// Returns the first line that fulfils a condition, among the lines written already and later ones.
    /// </summary>
    public async Task<string> WaitForLineAsync(string what, Func<string, bool> condition, TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        for (int next = 0; ;)
        {
            Task more;
            lock (_gate)
            {
                for (; next < _lines.Count; next++)
                {
                    if (condition(_lines[next]))
                        return _lines[next];
                }

                more = _more.Task;
            }

            if (_process.HasExited && more == _more.Task && !more.IsCompleted && Drained())
                throw Failure($"{Name} ended with code {_process.ExitCode} before {what}");
            try
            {
                await more.WaitAsync(TimeSpan.FromSeconds(0.5), timer.Token);
            }
            catch (TimeoutException)
            {
                // Check again whether the process is running.
            }
            catch (OperationCanceledException)
            {
                throw Failure($"{Name} did not report {what} within {limit.TotalSeconds:0} s");
            }
        }
    }

    /// <summary>Waits until the process has ended, and returns the exit code.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(timer.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw Failure($"{Name} did not end within {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>Waits until the process has ended with exit code 0.</summary>
    public async Task SucceedAsync(TimeSpan limit)
    {
        int code = await WaitForExitAsync(limit);
        if (code != 0)
            throw Failure($"{Name} ended with code {code}");
    }

    /// <summary>Sends a signal (TERM or INT), waits until the process has ended, and returns the exit code.</summary>
    public async Task<int> StopAsync(string signal, TimeSpan limit)
    {
        if (!_process.HasExited)
            Process.Start("kill", [$"-{signal}", $"{_process.Id}"]).WaitForExit();
        return await WaitForExitAsync(limit);
    }

    /// <summary>Kills the process (SIGKILL).</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Returns the last lines with the seconds since the start of the test.</summary>
    public string Tail()
    {
        string state = _process.HasExited ? $"ended with code {_process.ExitCode}" : "still running";
        lock (_gate)
        {
            IEnumerable<string> lines = _lines.Zip(
                _times, (line, time) => $"[{time.TotalSeconds:00.00}] {line}").TakeLast(TailLines);
            return $"--- {Name} ({state}, {_lines.Count} lines)\n{string.Join('\n', lines)}";
        }
    }

    public XunitException Failure(string message) => _environment.Failure(message);

    public void Dispose()
    {
        try
        {
            Kill();
        }
        finally
        {
            _process.Dispose();
        }
    }

    private bool Drained() => _process.WaitForExit(TimeSpan.FromSeconds(1));

    private void Add(string? line)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            if (line is not null)
            {
                _lines.Add(line);
                _times.Add(_environment.Clock.Elapsed);
            }

            (signal, _more) = (_more, NewSignal());
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
