using TorrentPS.Engine.Storage.Pieces;

namespace TorrentPS.Simulation.Disks;

/// <summary>Runs the piece store's work in the order given, one after the other, each when the one before has taken its time.</summary>
internal sealed class Disk(Timeline time, DiskSettings settings) : Occurrence, IStorageExecutor
{
    private readonly Queue<Action> _work = new();
    private bool _isRunning;

    /// <summary>When all that was done so far is done, in ticks.</summary>
    public long FreeAt { get; private set; }

    /// <summary>Bytes written.</summary>
    public long Written { get; private set; }

    /// <summary>How many bytes fit; a user may make room.</summary>
    public long Capacity { get; set; } = settings.Capacity;

    public void Queue(Action work)
    {
        _work.Enqueue(work);
        if (_isRunning)
            return;
        _isRunning = true;
        time.At(Math.Max(time.Now, FreeAt), this);
    }

    public override void Happen()
    {
        // What the work itself queues waits its turn behind.
        _work.Dequeue()();
        _isRunning = _work.Count > 0;
        if (_isRunning)
            time.At(Math.Max(time.Now, FreeAt), this);
    }

    /// <summary>Bytes were hashed.</summary>
    public void Hashed(long bytes) => Take(bytes / settings.HashRate);

    /// <summary>Bytes are to be written.</summary>
    /// <returns>False when they do not fit.</returns>
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
