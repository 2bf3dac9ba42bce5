namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Runs the hashing and writing of piece stores. A simulation replaces it to run the work in its own order.
/// </summary>
internal interface IStorageExecutor
{
    /// <summary>Queues work to run once. Work starts in the order queued. Thread-safe; returns at once.</summary>
    /// <param name="work">Must not throw.</param>
    void Queue(Action work);
}
