using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>What comes over a real socket from peers of every kind.</summary>
public sealed class ReceiveLoopTests
{
    [Fact]
    public async Task Bytes_that_come_one_by_one_make_the_same_messages()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(TestContent.Of(16 * 1024, 40));
        var block = new BlockAddress(default, 0, 40);
        byte[] stream = [.. new byte[4], .. LoopbackPeer.HaveFrame(0), .. line.PieceFrame(block), 0, 0, 0, 1, 1];
        Task<List<PeerEvent>> heard = line.HearAsync(4);
        foreach (byte one in stream)
            await line.SayAsync([one]);

        List<PeerEvent> messages = await heard;
        Assert.Equal([PeerMessageId.KeepAlive, PeerMessageId.Have, PeerMessageId.Piece, PeerMessageId.Unchoke], messages.Select(message => message.Id));
        Assert.Equal(block, messages[2].Address);
        Assert.Equal(stream.Length, line.Link.Traffic.Received);
    }

    [Fact]
    public async Task Many_messages_in_one_read_keep_their_order_and_every_byte()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        BlockAddress[] blocks = [.. line.Content.Blocks()];
        Task saying = line.SayAsync([.. Enumerable.Range(0, 5000).Select(LoopbackPeer.HaveFrame), .. blocks.Select(line.PieceFrame)]);

        List<PeerEvent> messages = await line.HearAsync(5000 + blocks.Length);
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
    public async Task Garbage_ends_the_connection_by_name(byte[] garbage, string what)
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        await line.SayAsync(LoopbackPeer.HaveFrame(1), line.PieceFrame(line.Content.Geometry.Block(default, 0)), garbage);

        (DisconnectReason reason, string? detail) = await line.Closed;

        Assert.True(reason == DisconnectReason.ProtocolError, what);
        Assert.NotNull(detail);
    }

    [Fact]
    public async Task A_block_longer_than_any_asked_for_ends_the_connection()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        await line.SayAsync(line.PieceFrame(new BlockAddress(default, 0, TorrentGeometry.BlockLength + 1)));

        Assert.Equal(DisconnectReason.ProtocolError, (await line.Closed).Reason);
    }

    [Fact]
    public async Task An_empty_pool_holds_the_socket_until_a_block_is_back()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(TestContent.Of(64 * 1024, 4 << 20), poolBlocks: 64);
        BlockAddress[] blocks = [.. line.Content.Blocks()];
        Task saying = line.SayAsync([.. blocks.Select(line.PieceFrame)]);
        var held = new List<MessageBatch>();
        var got = new List<BlockAddress>();
        while (line.Pool.Available > 0)
        {
            MessageBatch batch = await line.TakeAsync();
            // Its batch goes back, its blocks do not: only the pool holds the pump.
            var copy = new MessageBatch();
            for (int i = 0; i < batch.Count; i++)
                copy.Add(batch[i]);
            held.Add(copy);
            line.Link.Recycle(batch);
        }

        Assert.False(saying.IsCompleted && line.Link.Traffic.Received == blocks.Length * (TorrentGeometry.BlockLength + 13L));
        foreach (PeerEvent message in held.SelectMany(batch => Enumerable.Range(0, batch.Count).Select(i => batch[i])))
        {
            got.Add(message.Address);
            line.Pool.Return(message.Block!);
        }

        got.AddRange((await line.HearAsync(blocks.Length - got.Count)).Select(message => message.Address));
        await saying;
        Assert.Equal(blocks, got);
    }

    [Fact]
    public async Task A_loop_that_is_busy_holds_the_socket()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        const int count = 200_000;
        Task saying = line.SayAsync([.. Enumerable.Range(0, count).Select(LoopbackPeer.HaveFrame)]);
        var taken = new List<MessageBatch>();
        for (int i = 0; i < 4; i++)
            taken.Add(await line.TakeAsync());
        Task<MessageBatch> fifth = line.TakeAsync();
        Assert.False(fifth.IsCompleted);

        int heard = taken.Sum(batch => line.Handle(batch).Count);
        heard += line.Handle(await fifth).Count;
        await line.HearAsync(count - heard);
        await saying;
    }

    [Fact]
    public async Task A_close_while_the_pool_is_empty_ends_the_pump()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(poolBlocks: 64);
        var taken = new List<TorrentPS.Engine.Runtime.Block>();
        while (line.Pool.TryRent() is { } block)
            taken.Add(block);
        await line.SayAsync(LoopbackPeer.HaveFrame(0), line.PieceFrame(line.Content.Geometry.Block(default, 0)));
        await line.HearAsync(1);

        line.Link.Close(DisconnectReason.Stopping);

        Assert.Equal(DisconnectReason.Stopping, (await line.Closed).Reason);
        taken.ForEach(line.Pool.Return);
    }

    [Fact]
    public async Task A_close_while_the_rate_limit_holds_it_ends_the_pump()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(download: 1, time: new FakeTime());
        await line.SayAsync(LoopbackPeer.HaveFrame(1), line.PieceFrame(line.Content.Geometry.Block(default, 0)));
        Assert.Single(await line.HearAsync(1));

        line.Link.Close(DisconnectReason.Banned);

        Assert.Equal(DisconnectReason.Banned, (await line.Closed).Reason);
    }

    [Fact]
    public async Task A_close_while_the_loop_is_busy_ends_the_pump()
    {
        LoopbackPeer line = await LoopbackPeer.OpenAsync();
        Task saying = line.SayAsync([.. Enumerable.Range(0, 50_000).Select(LoopbackPeer.HaveFrame)]);
        while (line.Waiting < 4)
            await Task.Yield();

        await line.DisposeAsync();
        try
        {
            await saying;
        }
        catch (SocketException)
        {
            // The connection was closed while we spoke.
        }
    }

    [Fact]
    public async Task A_peer_that_hangs_up_is_told_of_after_its_last_words()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync();
        await line.SayAsync(LoopbackPeer.HaveFrame(3));
        line.Theirs.Shutdown(SocketShutdown.Both);

        Assert.Single(await line.HearAsync(1));
        Assert.Equal(DisconnectReason.RemoteClosed, (await line.Closed).Reason);
    }

    [Fact]
    public async Task A_refused_connection_that_is_closed_before_it_starts_still_ends_in_order()
    {
        await using LoopbackPeer line = await LoopbackPeer.OpenAsync(start: false);
        line.Link.Close(DisconnectReason.Banned);
        line.Connection.Start();

        Assert.Equal(DisconnectReason.Banned, (await line.Closed).Reason);
    }
}
