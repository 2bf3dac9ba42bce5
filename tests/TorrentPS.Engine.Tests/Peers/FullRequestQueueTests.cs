using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>
/// A peer without the Fast extension that requests more than the queue holds, as rTorrent does on a fast link.
/// </summary>
public sealed class FullRequestQueueTests
{
    /// <summary>Requests of 3 seconds at 300 MB/s, as rTorrent 0.9.8 computes them.</summary>
    private const int Deep = 61_000;

    /// <summary>The receive loop can have posted this many requests before the loop has queued any of them.</summary>
    private const int MaxPosted = 4 * 256;

    [Fact]
    public async Task Requests_beyond_the_queue_wait_in_the_socket_and_none_is_lost()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(TestContent.Of(64 * 1024, 1 << 20), fast: false);
        BlockAddress[] asked = [.. Enumerable.Range(0, Deep).Select(i => new BlockAddress(default, i % 60_000, 4))];
        Task saying = peer.SayAsync([.. asked.Select(RequestFrame)]);
        int most = 0;

        // The peer reads nothing until it has sent as many requests as are accepted.
        int handled = 0;
        while (peer.Link.QueuedBlocks < SendQueue.MaxBlocks)
            handled += QueueAll(peer, await peer.TakeAsync());
        most = peer.Link.QueuedBlocks;
        Assert.True(handled < Deep);

        peer.Link.Flush();
        Task<byte[]> reading = peer.ReadAsync(Deep * 17);
        while (handled < Deep)
        {
            handled += QueueAll(peer, await peer.TakeAsync());
            most = Math.Max(most, peer.Link.QueuedBlocks);
            peer.Link.Flush();
        }

        await saying;
        byte[] received = await reading;
        Assert.InRange(most, SendQueue.MaxBlocks, SendQueue.MaxBlocks + MaxPosted);
        for (int i = 0; i < Deep; i++)
            Assert.Equal(peer.PieceFrame(asked[i]), received.AsSpan(i * 17, 17));
    }

    [Fact]
    public async Task Other_messages_before_the_first_request_without_room_are_handled()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(fast: false);
        Fill(peer);
        var late = new BlockAddress(default, 0, 5);
        await peer.SayAsync(LoopbackPeer.HaveFrame(1), RequestFrame(late), LoopbackPeer.HaveFrame(2));

        Assert.Equal(PeerMessageId.Have, Assert.Single(await peer.ExpectAsync(1)).Id);
        await WaitsForRoomAsync(peer);
        peer.Link.UnqueueBlocks([]);

        List<PeerEvent> rest = await peer.ExpectAsync(2);
        Assert.Equal([PeerMessageId.Request, PeerMessageId.Have], rest.Select(message => message.Id));
        Assert.Equal(late, rest[0].Address);
    }

    [Fact]
    public async Task A_close_during_a_wait_for_room_ends_the_loop()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(fast: false);
        Fill(peer);
        await peer.SayAsync(LoopbackPeer.HaveFrame(1), RequestFrame(new BlockAddress(default, 0, 5)));
        await peer.ExpectAsync(1);
        await WaitsForRoomAsync(peer);

        peer.Link.Close(DisconnectReason.Idle);

        Assert.Equal(DisconnectReason.Idle, (await peer.Closed).Reason);
    }

    [Fact]
    public async Task Requests_of_a_peer_with_the_Fast_extension_are_always_read_because_they_can_be_rejected()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        Fill(peer);
        await peer.SayAsync(RequestFrame(new BlockAddress(default, 0, 5)));

        Assert.Single(await peer.ExpectAsync(1));
    }

    /// <summary>
    /// Waits until the receive loop waits for room. The peer causes that wait, so it must not count as held back.
    /// </summary>
    private static async Task WaitsForRoomAsync(LoopbackPeer peer)
    {
        using var timeout = new CancellationTokenSource(LoopbackPeer.Limit);
        while (peer.Link.IsHeldBack)
        {
            await Task.Yield();
            timeout.Token.ThrowIfCancellationRequested();
        }
    }

    private static void Fill(LoopbackPeer peer)
    {
        for (int i = 0; i < SendQueue.MaxBlocks; i++)
            peer.Link.QueueBlock(new BlockAddress(default, i, 1));
    }

    private static int QueueAll(LoopbackPeer peer, MessageBatch batch)
    {
        int count = 0;
        foreach (PeerEvent message in peer.Handle(batch))
        {
            Assert.Equal(PeerMessageId.Request, message.Id);
            peer.Link.QueueBlock(message.Address);
            count++;
        }

        return count;
    }

    private static byte[] RequestFrame(BlockAddress block)
    {
        byte[] frame = new byte[PeerMessageWriter.RequestLength];
        PeerMessageWriter.Write(frame, PeerMessageId.Request, block);
        return frame;
    }
}
