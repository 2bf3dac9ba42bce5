using System.Buffers.Binary;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>What goes out over a real socket.</summary>
public sealed class SendLoopTests
{
    private const int Block = TorrentGeometry.BlockLength;

    [Fact]
    public async Task Blocks_across_file_boundaries_leave_byte_for_byte_and_in_order()
    {
        using var folder = new TempFolder();
        TestContent content = TestContent.Of(64 * 1024, 10_000, 1, 0, 300_000, 77_777, 16_384);
        content.WriteTo(folder["content"]);
        using var files = new DestinationFiles(content.Layout, folder["content"], AllocationMode.Sparse, 4);
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(content, reader: new ContentReader(files));
        BlockAddress[] asked = [.. content.Blocks(), .. content.Blocks().Reverse(), new(new PieceIndex(1), 5, 1), new(default, 1000, 60_000)];
        foreach (BlockAddress block in asked)
            line.Link.QueueBlock(block);
        line.Link.Flush();

        foreach (BlockAddress block in asked)
            Assert.Equal(line.PieceFrame(block), await line.ReadAsync(13 + block.Length));
        Assert.Equal(0, line.Link.QueuedBlocks);
        await SentAsync(line, asked.Sum(block => (long)block.Length));
        Assert.Equal(asked.Sum(block => block.Length + 13L), line.Link.Traffic.Sent);
    }

    [Fact]
    public async Task Small_messages_leave_before_blocks_and_only_when_flushed()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        line.Link.QueueBlock(new BlockAddress(default, 0, Block));
        line.Link.SendUnchoke();
        line.Link.SendHave(new PieceIndex(2));
        Assert.Equal(0, line.Link.Traffic.Sent);
        line.Link.Flush();

        Assert.Equal([0, 0, 0, 1, 1, 0, 0, 0, 5, 4, 0, 0, 0, 2], await line.ReadAsync(14));
        Assert.Equal(line.PieceFrame(new BlockAddress(default, 0, Block)), await line.ReadAsync(13 + Block));
    }

    [Fact]
    public async Task Small_messages_do_not_wait_for_the_quota_of_blocks()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(upload: 1, time: new FakeTime());
        line.Link.QueueBlock(new BlockAddress(default, 0, Block));
        line.Link.Flush();
        for (int i = 0; i < 3; i++)
        {
            line.Link.Request(new BlockAddress(new PieceIndex(i), 0, Block));
            line.Link.Flush();
            byte[] request = await line.ReadAsync(PeerMessageWriter.RequestLength);
            Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(5)));
        }

        Assert.Equal(0, line.Link.Traffic.PayloadSent);
        line.Link.Close(DisconnectReason.Useless);
        Assert.Equal(DisconnectReason.Useless, (await line.Closed).Reason);
    }

    [Fact]
    public async Task A_block_waits_for_its_quota_and_then_leaves()
    {
        var time = new FakeTime();
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(upload: Block, time: time);
        for (int i = 0; i < 2; i++)
            line.Link.QueueBlock(line.Content.Geometry.Block(default, i));
        line.Link.Flush();
        await time.TimerInAsync(TimeSpan.FromSeconds(0.75));
        Assert.Equal(0, line.Link.Traffic.Sent);

        time.Advance(TimeSpan.FromSeconds(0.75));
        Assert.Equal(line.PieceFrame(line.Content.Geometry.Block(default, 0)), await line.ReadAsync(13 + Block));
        await time.TimerInAsync(TimeSpan.FromSeconds(1));
        line.Link.SendChoke();
        line.Link.Flush();
        await line.ReadAsync(5);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(line.PieceFrame(line.Content.Geometry.Block(default, 1)), await line.ReadAsync(13 + Block));
    }

    [Fact]
    public async Task A_block_taken_back_before_the_flush_never_leaves()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        BlockAddress[] blocks = [.. line.Content.Blocks().Take(3)];
        foreach (BlockAddress block in blocks)
            line.Link.QueueBlock(block);

        Assert.True(line.Link.TryUnqueueBlock(blocks[1]));
        Assert.False(line.Link.TryUnqueueBlock(blocks[1]));
        line.Link.Flush();

        Assert.Equal(line.PieceFrame(blocks[0]), await line.ReadAsync(13 + Block));
        Assert.Equal(line.PieceFrame(blocks[2]), await line.ReadAsync(13 + Block));
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_closed_once_too_much_waits_for_it()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        int sent = 0;
        for (; sent < 10_000_000 && !line.IsClosed; sent++)
        {
            line.Link.SendHave(new PieceIndex(sent));
            if (sent % 1000 == 0)
                line.Link.Flush();
        }

        Assert.Equal(DisconnectReason.Idle, (await line.Closed).Reason);
    }

    [Fact]
    public async Task Content_that_cannot_be_read_ends_the_connection_by_name()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(reader: new BrokenReader(new StorageException(
            new StorageFault(StorageFaultKind.ContentMissing, "/nowhere", "It is gone."))));
        line.Link.QueueBlock(new BlockAddress(default, 0, Block));
        line.Link.Flush();

        Assert.Equal((DisconnectReason.ContentUnreadable, "It is gone."), await line.Closed);
    }

    [Fact]
    public async Task Whatever_goes_wrong_in_a_pump_ends_the_connection_and_nothing_else()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(reader: new BrokenReader(new InvalidOperationException("A surprise.")));
        line.Link.QueueBlock(new BlockAddress(default, 0, Block));
        line.Link.Flush();

        Assert.Equal("A surprise.", (await line.Closed).Detail);
    }

    [Fact]
    public async Task A_close_while_the_peer_does_not_read_ends_the_pump()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(TestContent.Of(64 * 1024, 16 << 20));
        foreach (BlockAddress block in line.Content.Blocks().Take(500))
            line.Link.QueueBlock(block);
        line.Link.Flush();
        await line.ReadAsync(1);

        line.Link.Close(DisconnectReason.Stopping);

        Assert.Equal(DisconnectReason.Stopping, (await line.Closed).Reason);
    }

    private static async Task SentAsync(LoopbackPeer line, long payload)
    {
        using var timeout = new CancellationTokenSource(LoopbackPeer.Limit);
        while (line.Link.Traffic.PayloadSent < payload)
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
