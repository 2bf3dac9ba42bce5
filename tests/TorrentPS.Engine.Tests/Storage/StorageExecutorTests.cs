using TorrentPS.Engine.Storage.Pieces;

namespace TorrentPS.Engine.Tests.Storage;

public class StorageExecutorTests
{
    [Fact]
    public void Disposing_finishes_all_that_was_queued()
    {
        var work = new Counting();
        using (var executor = new StorageExecutor(maxThreads: 3))
        {
            for (int i = 0; i < 10_000; i++)
                executor.Queue(work.Run);
        }

        Assert.Equal(10_000, work.Runs);
    }

    [Fact]
    public void Work_runs_on_as_many_threads_as_allowed_and_no_more()
    {
        using var executor = new StorageExecutor(maxThreads: 3);
        using var meeting = new Barrier(3);
        var work = new Meeting(meeting);
        for (int i = 0; i < 30; i++)
            executor.Queue(work.Run);
        Assert.True(work.Met.Wait(TimeSpan.FromSeconds(20)));
        Assert.Equal(3, work.Threads.Distinct().Count());
    }

    [Fact]
    public void Work_after_the_end_is_refused()
    {
        var executor = new StorageExecutor();
        executor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => executor.Queue(new Counting().Run));
    }

    private sealed class Counting
    {
        private int _runs;

        public int Runs => _runs;

        public void Run() => Interlocked.Increment(ref _runs);
    }

    /// <summary>Work of which three must run at once for any to end.</summary>
    private sealed class Meeting(Barrier barrier)
    {
        public System.Collections.Concurrent.ConcurrentBag<int> Threads { get; } = [];

        public CountdownEvent Met { get; } = new(30);

        public void Run()
        {
            if (barrier.SignalAndWait(TimeSpan.FromSeconds(20)))
            {
                Threads.Add(Environment.CurrentManagedThreadId);
                Met.Signal();
            }
        }
    }
}
