using TorrentPS.Engine.Storage.Pieces;

namespace TorrentPS.Simulation.Disks;

/// <summary>
/// Executes the piece store's work in order. Each item starts when the time taken by the previous one has passed.
/// </summary>
internal sealed class Disk(Timeline time, DiskSettings settings) : ScheduledEvent, IStorageExecutor
{
    private readonly Queue<Action> _work = new();
    private bool _isRunning;

    /// <summary>Time at which all executed work is complete, in ticks.</summary>
    public long FreeAt { get; private set; }

    /// <summary>Number of bytes written.</summary>
    public long Written { get; private set; }

    /// <summary>Capacity in bytes. Can be changed, as when a user frees space.</summary>
    public long Capacity { get; set; } = settings.Capacity;

    public void Queue(Action work)
    {
        _work.Enqueue(work);
        if (_isRunning)
            return;
        _isRunning = true;
        time.At(Math.Max(time.Now, FreeAt), this);
    }

    public override void Execute()
    {
        // Work queued by this item is executed later.
        _work.Dequeue()();
        _isRunning = _work.Count > 0;
        if (_isRunning)
            time.At(Math.Max(time.Now, FreeAt), this);
    }

    /// <summary>Accounts for the hashing of bytes.</summary>
    public void Hashed(long bytes) => Take(bytes / settings.HashRate);

    /// <summary>Accounts for the writing of bytes.</summary>
    /// <returns>False if the disk is full.</returns>
    public bool TryWrite(long bytes)
    {
        if (Written + bytes > Capacity)
            return false;
        Written += bytes;
        Take(bytes / settings.WriteRate);
        return true;
    }

    private void Take(double seconds) => FreeAt = Math.Max(FreeAt, time.Now) + Timeline.Ticks(seconds);
}
