namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Runs the work of piece stores: hashing, writing and spilling. A simulation uses another implementation, which runs
/// the work in its own order.
/// </summary>
internal interface IStorageExecutor
{
    /// <summary>
    /// Queues work that is run once. Work is started in the order of the calls. Thread-safe. Does not wait for the
    /// work.
    /// </summary>
    /// <param name="work">The work. It must not throw.</param>
    void Queue(Action work);
}
