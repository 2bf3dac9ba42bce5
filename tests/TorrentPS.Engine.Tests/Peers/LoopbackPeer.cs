using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>
/// A real connection over loopback, with its I/O loops on one end and a bare socket of the test on the other. The test
/// also plays the swarm loop. Disposing checks that no task and no block is left.
/// </summary>
internal sealed class LoopbackPeer : IAsyncDisposable
{
    public static readonly TimeSpan Limit = FakeSwarmLoop.Limit;

    private readonly FakeSwarmLoop _loop = new();

    private LoopbackPeer(
        Socket near,
        Socket remote,
        TestContent content,
        IContentReader? reader,
        int poolBlocks,
        long? download,
        long? upload,
        TimeProvider time,
        bool fast)
    {
        Theirs = remote;
        Content = content;
        Pool = new BlockPool(poolBlocks * (long)TorrentGeometry.BlockLength);
        Download = new RateLimit(null, download, time);
        Upload = new RateLimit(null, upload, time);
        var context = new PeerContext(_loop, Pool, Download, Upload, time, _loop.Tasks)
        {
            Content = new PeerContent(reader ?? new MemoryReader(content), content.Geometry),
        };
        Connection = new PeerConnection(new TcpStream(near), context, fast);
    }

    public PeerConnection Connection { get; }

    public IPeerLink Link => Connection;

    public Socket Theirs { get; }

    public TestContent Content { get; }

    public BlockPool Pool { get; }

    public RateLimit Download { get; }

    public RateLimit Upload { get; }

    public Task<(DisconnectReason Reason, string? Detail)> Closed => _loop.Closed;

    public bool IsClosed => _loop.IsClosed;

    /// <summary>Number of posted batches that the test has not taken.</summary>
    public int Waiting => _loop.Waiting;

    public static async Task<LoopbackPeer> OpenAsync(
        TestContent? content = null,
        int poolBlocks = 256,
        IContentReader? reader = null,
        long? download = null,
        long? upload = null,
        TimeProvider? time = null,
        bool start = true,
        bool fast = true)
    {
        (Socket near, Socket remote) = await PairAsync();
        var line = new LoopbackPeer(
            near,
            remote,
            content ?? TestContent.Of(64 * 1024, 1 << 20),
            reader,
            poolBlocks,
            download,
            upload,
            time ?? TimeProvider.System,
            fast);
        if (start)
            line.Connection.Start();
        return line;
    }

    public static async Task<(Socket Ours, Socket Theirs)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var remote = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await remote.ConnectAsync(listener.LocalEndPoint!);
        return (await listener.AcceptAsync(), remote);
    }

    public async Task SayAsync(params byte[][] frames)
    {
        ReadOnlyMemory<byte> rest = frames.SelectMany(frame => frame).ToArray();
        using var timeout = new CancellationTokenSource(Limit);
        while (!rest.IsEmpty)
            rest = rest[await Theirs.SendAsync(rest, SocketFlags.None, timeout.Token)..];
    }

    /// <summary>Takes the next batch without returning it.</summary>
    public Task<MessageBatch> TakeAsync() => _loop.TakeAsync();

    /// <summary>Handles a number of messages, and checks each block against the content.</summary>
    public async Task<List<PeerEvent>> ExpectAsync(int count)
    {
        var received = new List<PeerEvent>();
        while (received.Count < count)
            received.AddRange(Handle(await TakeAsync()));
        Assert.Equal(count, received.Count);
        return received;
    }

    public List<PeerEvent> Handle(MessageBatch batch)
    {
        var received = new List<PeerEvent>();
        for (int i = 0; i < batch.Count; i++)
        {
            received.Add(batch[i]);
            if (batch[i].Block is not { } block)
                continue;
            if (Content.Geometry.IsBlock(batch[i].Address))
                Assert.True(
                    block.Span[..batch[i].Address.Length].SequenceEqual(Content.Block(batch[i].Address)),
                    $"{batch[i].Address} differs");
            Pool.Return(block);
        }

        Link.Recycle(batch);
        return received;
    }

    /// <summary>Reads a number of bytes at the remote end.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        using var timeout = new CancellationTokenSource(Limit);
        for (int held = 0; held < count;)
        {
            int read = await Theirs.ReceiveAsync(bytes.AsMemory(held), SocketFlags.None, timeout.Token);
            Assert.True(read > 0, $"The connection ended after {held} of {count} bytes.");
            held += read;
        }

        return bytes;
    }

    public byte[] PieceFrame(BlockAddress block)
    {
        byte[] frame = new byte[PeerMessageWriter.PieceHeaderLength + block.Length];
        PeerMessageWriter.WritePieceHeader(frame, block);
        Content.Block(block).CopyTo(frame.AsSpan(PeerMessageWriter.PieceHeaderLength));
        return frame;
    }

    public static byte[] HaveFrame(int piece)
    {
        byte[] frame = new byte[PeerMessageWriter.HaveLength];
        PeerMessageWriter.Write(frame, PeerMessageId.Have, new PieceIndex(piece));
        return frame;
    }

    public async ValueTask DisposeAsync()
    {
        await _loop.EndAsync(Link, batch => Handle(batch));
        Theirs.Dispose();
        Assert.Equal(0, Pool.Outstanding);
        Assert.Equal(0, Pool.ReservedBytes);
    }

    /// <summary>Content in memory.</summary>
    private sealed class MemoryReader(TestContent content) : IContentReader
    {
        public void Read(long offset, IReadOnlyList<Memory<byte>> buffers)
        {
            foreach (Memory<byte> buffer in buffers)
            {
                content.Bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
                offset += buffer.Length;
            }
        }
    }
}
