namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Runs the work of piece stores: hashing, writing and spilling. A simulation replaces it to run the work in its own
/// order.
/// </summary>
internal interface IStorageExecutor
{
    /// <summary>
    /// Queues work that is then run once. Queued work starts in the order of the calls. Thread-safe; returns without
    /// waiting for the work.
    /// </summary>
    /// <param name="work">The work. It must not throw.</param>
    void Queue(Action work);
}
