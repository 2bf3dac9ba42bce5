using TorrentPS.Engine.Storage.Pieces;

namespace TorrentPS.Engine.Tests.Storage;

public class StorageExecutorTests
{
    [Fact]
    public void Disposing_completes_the_queued_work()
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
    public void Work_runs_on_the_maximum_number_of_threads()
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
    public void Work_queued_after_disposal_is_refused()
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

    /// <summary>Work that completes only when three threads run it at the same time.</summary>
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
