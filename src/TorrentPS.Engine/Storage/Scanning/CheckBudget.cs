namespace TorrentPS.Engine.Storage.Scanning;

/// <summary>
/// Limits how many torrents are checked at the same time, and how many threads their checks use together. Checks are
/// admitted in the order in which <see cref="EnterAsync"/> is called. Thread-safe.
/// </summary>
/// <param name="maxChecks">Maximum number of checks at the same time.</param>
/// <param name="maxThreads">
/// Number of threads for all checks together. A check that is admitted when no thread is free gets one nevertheless.
/// </param>
internal sealed class CheckBudget(int maxChecks, int maxThreads)
{
    /// <summary>
    /// Maximum number of checks at the same time in this process. Each check reads its files sequentially. With more
    /// checks, a hard disk would spend most of the time on seeks. With only one, small torrents would wait for a large
    /// one.
    /// </summary>
    public const int MaxChecks = 4;

    private readonly Lock _gate = new();
    private readonly Queue<(int Threads, TaskCompletionSource<int> Admitted)> _waiting = new();
    private int _checks;
    private int _threads;

    /// <summary>The budget of all sessions of this process. It has one thread for each core.</summary>
    public static CheckBudget OfProcess { get; } = new(MaxChecks, Environment.ProcessorCount);

    /// <summary>Waits until a check may begin, and returns the number of threads that it may use.</summary>
    /// <param name="threads">Maximum number of threads that the check can use, at least 1.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>
    /// The number of threads. The caller passes it to <see cref="Release"/> when the check has ended.
    /// </returns>
    public async Task<int> EnterAsync(int threads, CancellationToken cancellation)
    {
        var admitted = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((threads, admitted));
            Admit();
        }

        using (cancellation.Register(() => admitted.TrySetCanceled(cancellation)))
            return await admitted.Task;
    }

    /// <summary>Ends a check and admits the next waiting check, if there is one.</summary>
    /// <param name="threads">The number that <see cref="EnterAsync"/> returned.</param>
    public void Release(int threads)
    {
        lock (_gate)
        {
            _checks--;
            _threads -= threads;
            Admit();
        }
    }

    private void Admit()
    {
        while (_checks < maxChecks && _waiting.TryDequeue(out (int Threads, TaskCompletionSource<int> Admitted) next))
        {
            int granted = Math.Clamp(maxThreads - _threads, 1, next.Threads);

            // False if the wait was cancelled.
            if (!next.Admitted.TrySetResult(granted))
                continue;
            _checks++;
            _threads += granted;
        }
    }
}
