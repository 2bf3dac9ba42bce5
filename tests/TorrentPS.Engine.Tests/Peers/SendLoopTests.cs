using System.Buffers.Binary;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>Messages and blocks sent over a real socket.</summary>
public sealed class SendLoopTests
{
    private const int Block = TorrentGeometry.BlockLength;

    [Fact]
    public async Task Blocks_across_file_boundaries_are_sent_unchanged_and_in_order()
    {
        using var folder = new TempFolder();
        TestContent content = TestContent.Of(64 * 1024, 10_000, 1, 0, 300_000, 77_777, 16_384);
        content.WriteTo(folder["content"]);
        using var files = new DestinationFiles(content.Layout, folder["content"], AllocationMode.Sparse, 4);
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(content, reader: new ContentReader(files));
        BlockAddress[] asked = [.. content.Blocks(), .. content.Blocks().Reverse(), new(new PieceIndex(1), 5, 1), new(
            default, 1000, 60_000)];
        foreach (BlockAddress block in asked)
            peer.Link.QueueBlock(block);
        peer.Link.Flush();

        foreach (BlockAddress block in asked)
            Assert.Equal(peer.PieceFrame(block), await peer.ReadAsync(13 + block.Length));
        Assert.Equal(0, peer.Link.QueuedBlocks);
        await SentAsync(peer, asked.Sum(block => (long)block.Length));
        Assert.Equal(asked.Sum(block => block.Length + 13L), peer.Link.Traffic.Sent);
    }

    [Fact]
    public async Task Messages_are_sent_before_blocks_and_only_after_a_flush()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        peer.Link.QueueBlock(new BlockAddress(default, 0, Block));
        peer.Link.SendUnchoke();
        peer.Link.SendHave(new PieceIndex(2));
        Assert.Equal(0, peer.Link.Traffic.Sent);
        peer.Link.Flush();

        Assert.Equal([0, 0, 0, 1, 1, 0, 0, 0, 5, 4, 0, 0, 0, 2], await peer.ReadAsync(14));
        Assert.Equal(peer.PieceFrame(new BlockAddress(default, 0, Block)), await peer.ReadAsync(13 + Block));
    }

    [Fact]
    public async Task Messages_do_not_wait_for_the_upload_limit_of_blocks()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(upload: 1, time: new FakeTime());
        peer.Link.QueueBlock(new BlockAddress(default, 0, Block));
        peer.Link.Flush();
        for (int i = 0; i < 3; i++)
        {
            peer.Link.Request(new BlockAddress(new PieceIndex(i), 0, Block));
            peer.Link.Flush();
            byte[] request = await peer.ReadAsync(PeerMessageWriter.RequestLength);
            Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(5)));
        }

        Assert.Equal(0, peer.Link.Traffic.PayloadSent);
        peer.Link.Close(DisconnectReason.Useless);
        Assert.Equal(DisconnectReason.Useless, (await peer.Closed).Reason);
    }

    [Fact]
    public async Task A_block_waits_for_the_upload_limit_and_is_then_sent()
    {
        var time = new FakeTime();
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(upload: Block, time: time);
        for (int i = 0; i < 2; i++)
            peer.Link.QueueBlock(peer.Content.Geometry.Block(default, i));
        peer.Link.Flush();
        await time.TimerInAsync(TimeSpan.FromSeconds(0.75));
        Assert.Equal(0, peer.Link.Traffic.Sent);

        time.Advance(TimeSpan.FromSeconds(0.75));
        Assert.Equal(peer.PieceFrame(peer.Content.Geometry.Block(default, 0)), await peer.ReadAsync(13 + Block));
        await time.TimerInAsync(TimeSpan.FromSeconds(1));
        peer.Link.SendChoke();
        peer.Link.Flush();
        await peer.ReadAsync(5);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(peer.PieceFrame(peer.Content.Geometry.Block(default, 1)), await peer.ReadAsync(13 + Block));
    }

    [Fact]
    public async Task A_block_removed_before_the_flush_is_never_sent()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        BlockAddress[] blocks = [.. peer.Content.Blocks().Take(3)];
        foreach (BlockAddress block in blocks)
            peer.Link.QueueBlock(block);

        Assert.True(peer.Link.TryUnqueueBlock(blocks[1]));
        Assert.False(peer.Link.TryUnqueueBlock(blocks[1]));
        peer.Link.Flush();

        Assert.Equal(peer.PieceFrame(blocks[0]), await peer.ReadAsync(13 + Block));
        Assert.Equal(peer.PieceFrame(blocks[2]), await peer.ReadAsync(13 + Block));
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_disconnected_when_too_much_is_queued()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        int sent = 0;
        for (; sent < 10_000_000 && !peer.IsClosed; sent++)
        {
            peer.Link.SendHave(new PieceIndex(sent));
            if (sent % 1000 == 0)
                peer.Link.Flush();
        }

        Assert.Equal(DisconnectReason.Idle, (await peer.Closed).Reason);
    }

    [Fact]
    public async Task Content_that_cannot_be_read_closes_the_connection_with_a_reason()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(reader: new BrokenReader(new StorageException(
            new StorageFault(StorageFaultKind.ContentMissing, "/nowhere", "It is gone."))));
        peer.Link.QueueBlock(new BlockAddress(default, 0, Block));
        peer.Link.Flush();

        Assert.Equal((DisconnectReason.ContentUnreadable, "It is gone."), await peer.Closed);
    }

    [Fact]
    public async Task Any_error_in_an_io_loop_closes_only_its_connection()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(
            reader: new BrokenReader(new InvalidOperationException("A surprise.")));
        peer.Link.QueueBlock(new BlockAddress(default, 0, Block));
        peer.Link.Flush();

        Assert.Equal("A surprise.", (await peer.Closed).Detail);
    }

    [Fact]
    public async Task A_close_during_a_send_to_a_peer_that_does_not_read_ends_the_loop()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(TestContent.Of(64 * 1024, 16 << 20));
        foreach (BlockAddress block in peer.Content.Blocks().Take(500))
            peer.Link.QueueBlock(block);
        peer.Link.Flush();
        await peer.ReadAsync(1);

        peer.Link.Close(DisconnectReason.Stopping);

        Assert.Equal(DisconnectReason.Stopping, (await peer.Closed).Reason);
    }

    private static async Task SentAsync(LoopbackPeer peer, long payload)
    {
        using var timeout = new CancellationTokenSource(LoopbackPeer.Limit);
        while (peer.Link.Traffic.PayloadSent < payload)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class BrokenReader(Exception error) : IContentReader
    {
        public void Read(long offset, IReadOnlyList<Memory<byte>> buffers) => throw error;
    }
}
