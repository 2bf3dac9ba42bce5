namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Runs the work of piece stores: hashing, writing and spilling. The simulation uses another implementation, which runs
/// the work in simulated time.
/// </summary>
internal interface IStorageExecutor
{
    /// <summary>
    /// Queues work and returns without waiting for it. Work is started in the order of the calls. Thread-safe.
    /// </summary>
    /// <param name="work">The work, which is run once. It must not throw.</param>
    void Queue(Action work);
}
