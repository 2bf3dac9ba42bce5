using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>Messages and malformed data received over a real socket.</summary>
public sealed class ReceiveLoopTests
{
    [Fact]
    public async Task Bytes_received_one_by_one_give_the_same_messages()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(TestContent.Of(16 * 1024, 40));
        var block = new BlockAddress(default, 0, 40);
        byte[] stream = [.. new byte[4], .. LoopbackPeer.HaveFrame(0), .. peer.PieceFrame(block), 0, 0, 0, 1, 1];
        Task<List<PeerEvent>> received = peer.ExpectAsync(4);
        foreach (byte one in stream)
            await peer.SayAsync([one]);

        List<PeerEvent> messages = await received;
        Assert.Equal(
            [PeerMessageId.KeepAlive, PeerMessageId.Have, PeerMessageId.Piece, PeerMessageId.Unchoke],
            messages.Select(message => message.Id));
        Assert.Equal(block, messages[2].Address);
        Assert.Equal(stream.Length, peer.Link.Traffic.Received);
    }

    [Fact]
    public async Task Many_messages_in_one_read_keep_their_order_and_every_byte()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        BlockAddress[] blocks = [.. peer.Content.Blocks()];
        Task saying = peer.SayAsync(
            [.. Enumerable.Range(0, 5000).Select(LoopbackPeer.HaveFrame), .. blocks.Select(peer.PieceFrame)]);

        List<PeerEvent> messages = await peer.ExpectAsync(5000 + blocks.Length);
        await saying;

        Assert.Equal(Enumerable.Range(0, 5000), messages.Take(5000).Select(message => message.Address.Piece.Value));
        Assert.Equal(blocks, messages.Skip(5000).Select(message => message.Address));
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff }, "longer than any frame")]
    [InlineData(new byte[] { 0x7f, 0xff, 0xff, 0xff, 7 }, "longer than any block")]
    [InlineData(new byte[] { 0, 0, 0, 2, 0, 0 }, "a choke with a body")]
    [InlineData(new byte[] { 0, 0, 0, 3, 7, 0, 0 }, "a piece without its header")]
    [InlineData(new byte[] { 0, 0, 0, 5, 4, 0x80, 0, 0, 0 }, "a negative piece")]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T', (byte)' ', (byte)'/' }, "another protocol")]
    public async Task A_malformed_message_closes_the_connection_with_a_reason(byte[] garbage, string what)
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        await peer.SayAsync(
            LoopbackPeer.HaveFrame(1), peer.PieceFrame(peer.Content.Geometry.Block(default, 0)), garbage);

        (DisconnectReason reason, string? detail) = await peer.Closed;

        Assert.True(reason == DisconnectReason.ProtocolError, what);
        Assert.NotNull(detail);
    }

    [Fact]
    public async Task A_block_longer_than_any_request_closes_the_connection()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        await peer.SayAsync(peer.PieceFrame(new BlockAddress(default, 0, TorrentGeometry.BlockLength + 1)));

        Assert.Equal(DisconnectReason.ProtocolError, (await peer.Closed).Reason);
    }

    [Fact]
    public async Task With_an_empty_pool_the_loop_reads_nothing_until_a_block_is_returned()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(
            TestContent.Of(64 * 1024, 4 << 20), poolBlocks: 64);
        BlockAddress[] blocks = [.. peer.Content.Blocks()];
        Task saying = peer.SayAsync([.. blocks.Select(peer.PieceFrame)]);
        var held = new List<MessageBatch>();
        var got = new List<BlockAddress>();
        while (peer.Pool.Available > 0)
        {
            MessageBatch batch = await peer.TakeAsync();
            // The batch is returned and its blocks are not, so that only the pool delays the loop.
            var copy = new MessageBatch();
            for (int i = 0; i < batch.Count; i++)
                copy.Add(batch[i]);
            held.Add(copy);
            peer.Link.Recycle(batch);
        }

        Assert.False(
            saying.IsCompleted && peer.Link.Traffic.Received == blocks.Length * (TorrentGeometry.BlockLength + 13L));
        foreach (PeerEvent message in held.SelectMany(batch => Enumerable.Range(0, batch.Count).Select(i => batch[i])))
        {
            got.Add(message.Address);
            peer.Pool.Return(message.Block!);
        }

        got.AddRange((await peer.ExpectAsync(blocks.Length - got.Count)).Select(message => message.Address));
        await saying;
        Assert.Equal(blocks, got);
    }

    [Fact]
    public async Task Bitfields_and_extended_messages_count_towards_the_block_memory_until_they_are_handled()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(poolBlocks: 64);
        var rented = new List<TorrentPS.Engine.Runtime.Block>();
        while (peer.Pool.Available > 1)
            rented.Add(peer.Pool.TryRent()!);
        byte[] frame = new byte[4 + 2 + PeerMessageReader.MaxExtendedPayload];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        frame[4] = (byte)PeerMessageId.Extended;
        Task saying = peer.SayAsync(frame, LoopbackPeer.HaveFrame(1), frame);

        MessageBatch first = await peer.TakeAsync();
        Assert.Equal(PeerMessageReader.MaxExtendedPayload, peer.Pool.ReservedBytes);
        Assert.Null(peer.Pool.TryRent());
        int count = peer.Handle(first).Count;
        await peer.ExpectAsync(3 - count);

        await saying;
        rented.ForEach(peer.Pool.Return);
    }

    [Fact]
    public async Task With_all_batches_unhandled_the_loop_reads_nothing()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        const int count = 200_000;
        Task saying = peer.SayAsync([.. Enumerable.Range(0, count).Select(LoopbackPeer.HaveFrame)]);
        var taken = new List<MessageBatch>();
        for (int i = 0; i < 4; i++)
            taken.Add(await peer.TakeAsync());
        Task<MessageBatch> fifth = peer.TakeAsync();
        Assert.False(fifth.IsCompleted);

        int received = taken.Sum(batch => peer.Handle(batch).Count);
        received += peer.Handle(await fifth).Count;
        await peer.ExpectAsync(count - received);
        await saying;
    }

    [Fact]
    public async Task A_close_during_a_wait_for_the_pool_ends_the_loop()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(poolBlocks: 64);
        var taken = new List<TorrentPS.Engine.Runtime.Block>();
        while (peer.Pool.TryRent() is { } block)
            taken.Add(block);
        await peer.SayAsync(LoopbackPeer.HaveFrame(0), peer.PieceFrame(peer.Content.Geometry.Block(default, 0)));
        await peer.ExpectAsync(1);

        peer.Link.Close(DisconnectReason.Stopping);

        Assert.Equal(DisconnectReason.Stopping, (await peer.Closed).Reason);
        taken.ForEach(peer.Pool.Return);
    }

    [Fact]
    public async Task A_close_during_a_wait_for_the_rate_limit_ends_the_loop()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(download: 1, time: new FakeTime());
        await peer.SayAsync(LoopbackPeer.HaveFrame(1), peer.PieceFrame(peer.Content.Geometry.Block(default, 0)));
        Assert.Single(await peer.ExpectAsync(1));

        peer.Link.Close(DisconnectReason.Banned);

        Assert.Equal(DisconnectReason.Banned, (await peer.Closed).Reason);
    }

    [Fact]
    public async Task A_close_during_a_wait_for_a_batch_ends_the_loop()
    {
        LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        Task saying = peer.SayAsync([.. Enumerable.Range(0, 50_000).Select(LoopbackPeer.HaveFrame)]);
        while (peer.Waiting < 4)
            await Task.Yield();

        await peer.DisposeAsync();
        try
        {
            await saying;
        }
        catch (SocketException)
        {
            // The connection was closed during the send.
        }
    }

    [Fact]
    public async Task The_close_by_the_peer_is_reported_after_its_last_messages()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync();
        await peer.SayAsync(LoopbackPeer.HaveFrame(3));
        peer.Theirs.Shutdown(SocketShutdown.Both);

        Assert.Single(await peer.ExpectAsync(1));
        Assert.Equal(DisconnectReason.RemoteClosed, (await peer.Closed).Reason);
    }

    [Fact]
    public async Task A_connection_that_is_closed_before_its_start_ends_cleanly()
    {
        await using LoopbackPeer peer = await LoopbackPeer.OpenAsync(start: false);
        peer.Link.Close(DisconnectReason.Banned);
        peer.Connection.Start();

        Assert.Equal(DisconnectReason.Banned, (await peer.Closed).Reason);
    }
}
