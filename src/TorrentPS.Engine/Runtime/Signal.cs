using System.Threading.Tasks.Sources;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// An auto-reset event for one waiter. If <see cref="Set"/> is called several times without a waiter, only the next
/// wait completes at once. Waits allocate no memory.
/// </summary>
internal sealed class Signal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private bool _set;
    private bool _waiting;

    /// <summary>Completes the current wait. If there is none, the next wait completes at once.</summary>
    /// <param name="inline">
    /// Whether the waiter continues on this thread before the call returns. Should be true only for waiters that have
    /// little work to do.
    /// </param>
    public void Set(bool inline = false)
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                _set = true;
                return;
            }

            _waiting = false;
            _source.RunContinuationsAsynchronously = !inline;
        }

        _source.SetResult(true);
    }

    /// <summary>Waits for <see cref="Set"/>. Only one caller may wait at a time.</summary>
    /// <exception cref="InvalidOperationException">Another caller is waiting.</exception>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_set)
            {
                _set = false;
                return ValueTask.CompletedTask;
            }

            if (_waiting)
                throw new InvalidOperationException("A signal has one waiter.");
            _source.Reset();
            _waiting = true;
            return new ValueTask(this, _source.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
