using System.Diagnostics;
using Xunit.Sdk;

namespace TorrentPS.Interop;

/// <summary>A process whose lines can be awaited. Every wait is bounded, and its failure shows what all processes of the stage said.</summary>
internal sealed class RunningProcess : IDisposable
{
    private const int TailLines = 40;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<TimeSpan> _times = [];
    private readonly Process _process;
    private readonly Stage _stage;
    private TaskCompletionSource _more = NewSignal();

    public RunningProcess(Stage stage, string name, string file, IEnumerable<string> arguments, string folder)
    {
        _stage = stage;
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

    public bool HasExited => _process.HasExited;

    /// <summary>What it has written so far, both streams as they came.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <summary>Waits for the first line, of those written already and those to come, that fits.</summary>
    public async Task<string> WaitForLineAsync(string what, Func<string, bool> fits, TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        for (int next = 0; ;)
        {
            Task more;
            lock (_gate)
            {
                for (; next < _lines.Count; next++)
                {
                    if (fits(_lines[next]))
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
                // Look again whether the process still lives.
            }
            catch (OperationCanceledException)
            {
                throw Failure($"{what} did not come from {Name} within {limit.TotalSeconds:0} s");
            }
        }
    }

    /// <summary>Waits for the end and gives the exit code.</summary>
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

    /// <summary>Waits for the end, which must be a success.</summary>
    public async Task SucceedAsync(TimeSpan limit)
    {
        int code = await WaitForExitAsync(limit);
        if (code != 0)
            throw Failure($"{Name} ended with code {code}");
    }

    /// <summary>Asks it to end (SIGTERM or SIGINT) and gives the exit code.</summary>
    public async Task<int> StopAsync(string signal, TimeSpan limit)
    {
        if (!_process.HasExited)
            Process.Start("kill", [$"-{signal}", $"{_process.Id}"]).WaitForExit();
        return await WaitForExitAsync(limit);
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>The last lines with the stage's time in seconds.</summary>
    public string Tail()
    {
        string state = _process.HasExited ? $"ended with code {_process.ExitCode}" : "still running";
        lock (_gate)
        {
            IEnumerable<string> lines = _lines.Zip(_times, (line, time) => $"[{time.TotalSeconds:00.00}] {line}").TakeLast(TailLines);
            return $"--- {Name} ({state}, {_lines.Count} lines)\n{string.Join('\n', lines)}";
        }
    }

    public XunitException Failure(string message) => _stage.Failure(message);

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
                _times.Add(_stage.Clock.Elapsed);
            }

            (signal, _more) = (_more, NewSignal());
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
