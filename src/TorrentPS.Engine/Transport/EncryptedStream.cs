using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using TorrentPS.Protocol.Encryption;

namespace TorrentPS.Engine.Transport;

/// <summary>Encrypts the sent bytes and decrypts the received bytes of another stream with RC4 (MSE).</summary>
/// <param name="stream">The other stream, after the encryption handshake. It is disposed with this stream.</param>
/// <param name="sending">The cipher of the bytes to send.</param>
/// <param name="receiving">The cipher of the received bytes.</param>
internal sealed class EncryptedStream(PeerStream stream, Rc4 sending, Rc4 receiving) : PeerStream
{
    /// <summary>
    /// Maximum number of bytes that are encrypted at a time: the size of the rented buffer. With this size, the
    /// encrypted bytes are still in the processor's cache when the system copies them.
    /// </summary>
    private const int MaxSend = 64 * 1024;

    public override IPEndPoint RemoteEndPoint => stream.RemoteEndPoint;

    public override bool IsEncrypted => true;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int count = await stream.ReceiveAsync(buffer, cancellation);
        receiving.Transform(buffer.Span[..count]);
        return count;
    }

    /// <summary>
    /// Encrypts and sends bytes. Encryption advances the cipher, so the call returns only when the other stream has
    /// accepted all encrypted bytes. After a cancelled call, this stream can't be used any more.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        int count = Math.Min(bytes.Length, MaxSend);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            sending.Transform(bytes.Span[..count], buffer);
            for (int sent = 0; sent < count;)
                sent += await stream.SendAsync(buffer.AsMemory(sent, count - sent), cancellation);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override void Shutdown() => stream.Shutdown();

    public override void Dispose() => stream.Dispose();
}
