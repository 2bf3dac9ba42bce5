namespace TorrentPS.Engine.Runtime;

/// <summary>Counts what runs beside a loop, so that its end can be awaited and nothing outlives its owner.</summary>
internal sealed class WaitGroup
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _idle;

    /// <summary>How many run.</summary>
    public int Running { get; private set; }

    /// <summary>One more begins.</summary>
    public void Enter()
    {
        lock (_gate)
            Running++;
    }

    /// <summary>One has ended.</summary>
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

    /// <summary>Runs something from the pool, counted from before this returns until it has ended, however it ends.</summary>
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

    /// <summary>Ends when none runs.</summary>
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
