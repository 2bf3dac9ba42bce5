using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Tests.Peers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Encryption;

namespace TorrentPS.Engine.Tests.Transport;

public sealed class EncryptedStreamTests
{
    [Fact]
    public async Task Bytes_sent_by_one_end_are_received_by_the_other_and_differ_on_the_way()
    {
        (Socket near, Socket far) = await LoopbackPeer.PairAsync();
        using var sender = new EncryptedStream(new TcpStream(near), Cipher(1), Cipher(2));
        using var raw = new TcpStream(far);
        byte[] plain = new byte[300_000];
        new Random(1).NextBytes(plain);
        byte[] original = [.. plain];

        Task sending = sender.SendAllAsync(plain, default).AsTask();
        byte[] onTheWay = await ReadAsync(raw, plain.Length);
        await sending.WaitAsync(LoopbackPeer.Limit);

        Assert.Equal(original, plain);
        Assert.NotEqual(plain, onTheWay);
        Cipher(1).Transform(onTheWay);
        Assert.Equal(plain, onTheWay);
    }

    [Fact]
    public async Task Received_bytes_are_decrypted_after_the_prefix()
    {
        (Socket near, Socket far) = await LoopbackPeer.PairAsync();
        using var sender = new EncryptedStream(new TcpStream(near), Cipher(1), Cipher(2));
        using var receiver = new PrefixedStream(
            new byte[] { 1, 2, 3 }, new EncryptedStream(new TcpStream(far), Cipher(2), Cipher(1)));
        await sender.SendAllAsync(new byte[] { 4, 5, 6, 7 }, default);
        sender.Shutdown();

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], await ReadAsync(receiver, 7));
        Assert.Equal(0, await receiver.ReceiveAsync(new byte[1], default));
        Assert.True(receiver.IsEncrypted);
        Assert.False(new TcpStream(far).IsEncrypted);
    }

    /// <summary>A send larger than the buffer returns after a part of the bytes, all of which were sent.</summary>
    [Fact]
    public async Task A_send_returns_the_number_of_bytes_that_reach_the_peer()
    {
        (Socket near, Socket far) = await LoopbackPeer.PairAsync();
        using var sender = new EncryptedStream(new TcpStream(near), Cipher(1), Cipher(2));
        using var raw = new TcpStream(far);

        int count = await sender.SendAsync(new byte[1 << 20], default).AsTask().WaitAsync(LoopbackPeer.Limit);
        sender.Shutdown();

        Assert.InRange(count, 1, 64 * 1024);
        byte[] received = new byte[1 << 20];
        int total = 0;
        for (int read; (read = await raw.ReceiveAsync(received, default)) > 0;)
            total += read;
        Assert.Equal(count, total);
    }

    /// <summary>A debug build allocates the state of asynchronous methods, which is far less than a buffer.</summary>
    [Fact]
    public void Sending_and_receiving_allocate_no_buffers()
    {
        using var stream = new EncryptedStream(new IdleStream(), Cipher(1), Cipher(2));
        byte[] bytes = new byte[16 * 1024];
        Run(100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(1000);

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, bytes.Length / 10);

        void Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                ValueTask<int> sent = stream.SendAsync(bytes, default);
                ValueTask<int> received = stream.ReceiveAsync(bytes, default);
                Assert.True(sent.IsCompleted && received.IsCompleted);
                Assert.Equal(sent.Result, received.Result);
            }
        }
    }

    private static Rc4 Cipher(byte key) => new([key]);

    private static async Task<byte[]> ReadAsync(PeerStream stream, int length)
    {
        byte[] bytes = new byte[length];
        using var limit = new CancellationTokenSource(LoopbackPeer.Limit);
        for (int held = 0; held < length;)
        {
            int count = await stream.ReceiveAsync(bytes.AsMemory(held), limit.Token);
            Assert.NotEqual(0, count);
            held += count;
        }

        return bytes;
    }

    /// <summary>Accepts all bytes and receives zeros, at once.</summary>
    private sealed class IdleStream : PeerStream
    {
        public override IPEndPoint RemoteEndPoint => new(IPAddress.Loopback, 1);

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation) =>
            ValueTask.FromResult(buffer.Length);

        public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
            ValueTask.FromResult(bytes.Length);

        public override void Shutdown()
        {
        }

        public override void Dispose()
        {
        }
    }
}
