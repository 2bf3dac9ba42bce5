using System.Runtime.InteropServices;

namespace TorrentPS.Hosting;

/// <summary>
/// Runs an action when the process ends: normally, by SIGTERM, or by SIGHUP, which a closed terminal sends. Without a
/// registration for these signals, they would end the process at once.
/// </summary>
internal sealed class ProcessEnd : IDisposable
{
    private readonly Action _action;
    private readonly PosixSignalRegistration[] _signals;

    /// <param name="action">The action. The process does not end before the action has returned.</param>
    public ProcessEnd(Action action)
    {
        _action = action;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
    }

    private void OnExit(object? sender, EventArgs e) => _action();

    /// <summary>
    /// Runs the action before the signal ends the process. Does nothing if another handler has cancelled the signal,
    /// because the process then continues.
    /// </summary>
    private void OnSignal(PosixSignalContext context)
    {
        if (!context.Cancel)
            _action();
    }
}
