namespace TorrentPS.Engine.Storage;

/// <summary>A piece of work for a storage thread. It never throws.</summary>
internal interface IStorageWork
{
    /// <summary>Does it.</summary>
    void Run();
}

/// <summary>Where storage's hashing and writing runs; a simulation runs it in its own order on its own thread.</summary>
internal interface IStorageExecutor
{
    /// <summary>Takes work to be run once, later, in the order given. Thread-safe; returns at once.</summary>
    void Queue(IStorageWork work);
}
