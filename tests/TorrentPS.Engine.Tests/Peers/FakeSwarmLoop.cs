using System.Threading.Channels;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>The test in the place of the loop: keeps what a link's pumps say until the test takes it, and sees that nothing is left over at the end.</summary>
internal sealed class FakeSwarmLoop : IPeerEvents
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<MessageBatch> _batches = Channel.CreateUnbounded<MessageBatch>();
    private readonly TaskCompletionSource<(DisconnectReason Reason, string? Detail)> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _told;

    public WaitGroup Tasks { get; } = new();

    public Task<(DisconnectReason Reason, string? Detail)> Closed => _closed.Task.WaitAsync(Limit);

    public bool IsClosed => _closed.Task.IsCompleted;

    /// <summary>Batches that the pump has posted and the test has not taken.</summary>
    public int Waiting => _batches.Reader.Count;

    /// <summary>Takes the next batch without giving it back.</summary>
    public async Task<MessageBatch> TakeAsync()
    {
        using var timeout = new CancellationTokenSource(Limit);
        return await _batches.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>Closes a link, taking batches until its pumps have ended; its end is told once.</summary>
    /// <param name="link">The link.</param>
    /// <param name="handle">Handles a batch as the loop would.</param>
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
