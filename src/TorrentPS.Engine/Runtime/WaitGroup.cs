namespace TorrentPS.Engine.Runtime;

/// <summary>Counts running tasks, so that their owner can wait until all have ended.</summary>
internal sealed class WaitGroup
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _idle;

    public int Running { get; private set; }

    public void Enter()
    {
        lock (_gate)
            Running++;
    }

    public void Leave()
    {
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (--Running == 0)
                (idle, _idle) = (_idle, null);
        }

        idle?.SetResult();
    }

    /// <summary>
    /// Runs a function on the thread pool. The function is counted as a running task until it has completed or failed.
    /// </summary>
    public void Run(Func<Task> work)
    {
        Enter();
        _ = Task.Run(async () =>
        {
            try
            {
                await work();
            }
            finally
            {
                Leave();
            }
        });
    }

    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (Running == 0)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }
}
