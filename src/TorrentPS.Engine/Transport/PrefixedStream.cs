using System.Net;

namespace TorrentPS.Engine.Transport;

/// <summary>
/// A stream that first delivers bytes that were already received from another stream, then the rest of that stream.
/// </summary>
/// <param name="prefix">The bytes that were already received.</param>
/// <param name="stream">The other stream. It is disposed with this stream.</param>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, PeerStream stream) : PeerStream
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override IPEndPoint RemoteEndPoint => stream.RemoteEndPoint;

    public override bool IsEncrypted => stream.IsEncrypted;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (_prefix.IsEmpty)
            return stream.ReceiveAsync(buffer, cancellation);
        int count = Math.Min(buffer.Length, _prefix.Length);
        _prefix[..count].CopyTo(buffer);
        _prefix = _prefix[count..];
        return ValueTask.FromResult(count);
    }

    public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        stream.SendAsync(bytes, cancellation);

    public override void Shutdown() => stream.Shutdown();

    public override void Dispose() => stream.Dispose();
}
