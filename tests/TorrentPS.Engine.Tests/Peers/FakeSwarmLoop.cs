using System.Threading.Channels;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>
/// Stands in for the swarm loop: keeps the events of a source until the test takes them, and checks at the end that no
/// block or task is left.
/// </summary>
internal sealed class FakeSwarmLoop : IPeerEvents
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<MessageBatch> _batches = Channel.CreateUnbounded<MessageBatch>();
    private readonly TaskCompletionSource<(DisconnectReason Reason, string? Detail)> _closed = new(
        TaskCreationOptions.RunContinuationsAsynchronously);
    private int _told;

    public WaitGroup Tasks { get; } = new();

    public Task<(DisconnectReason Reason, string? Detail)> Closed => _closed.Task.WaitAsync(Limit);

    public bool IsClosed => _closed.Task.IsCompleted;

    /// <summary>Number of posted batches that the test has not taken.</summary>
    public int Waiting => _batches.Reader.Count;

    /// <summary>Takes the next batch without returning it.</summary>
    public async Task<MessageBatch> TakeAsync()
    {
        using var timeout = new CancellationTokenSource(Limit);
        return await _batches.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>Closes a source and takes its batches until it reports its end, exactly once.</summary>
    /// <param name="link">The source.</param>
    /// <param name="handle">Handles a batch as the swarm loop would.</param>
    public async Task EndAsync(IBlockSource link, Action<MessageBatch> handle)
    {
        link.Close(DisconnectReason.Stopping);
        Task closed = Closed;
        while (!closed.IsCompleted || _batches.Reader.Count > 0)
        {
            Task<bool> more = _batches.Reader.WaitToReadAsync().AsTask();
            await Task.WhenAny(closed, more);
            while (_batches.Reader.TryRead(out MessageBatch? batch))
                handle(batch);
        }

        await closed;
        await Tasks.WhenIdleAsync().WaitAsync(Limit);
        Assert.Equal(0, Tasks.Running);
        Assert.Equal(1, _told);
    }

    void IPeerEvents.Received(IBlockSource source, MessageBatch batch) => Assert.True(_batches.Writer.TryWrite(batch));

    void IPeerEvents.Closed(IBlockSource source, DisconnectReason reason, string? detail)
    {
        Interlocked.Increment(ref _told);
        _closed.TrySetResult((reason, detail));
    }
}
