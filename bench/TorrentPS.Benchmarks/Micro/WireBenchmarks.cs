using BenchmarkDotNet.Attributes;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>Frames found in a receive buffer; the figure is per block.</summary>
public class WireBenchmarks
{
    private const int BufferLength = 256 * 1024;
    private const int FrameLength = PeerMessageWriter.PieceHeaderLength + TorrentGeometry.BlockLength;
    private const int Frames = BufferLength / FrameLength;

    private readonly byte[] _buffer = new byte[Frames * FrameLength];
    private readonly int _maxFrame = PeerMessageReader.MaxFrameLength(100_000);

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Frames; i++)
        {
            var address = new BlockAddress(new PieceIndex(7), i * TorrentGeometry.BlockLength, TorrentGeometry.BlockLength);
            PeerMessageWriter.WritePieceHeader(_buffer.AsSpan(i * FrameLength), address);
        }
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public long ParsePieceMessages()
    {
        ReadOnlySpan<byte> unread = _buffer;
        long payload = 0;
        while (PeerMessageReader.TryRead(unread, _maxFrame, out PeerMessage message, out int consumed) == FrameResult.Complete)
        {
            payload += message.Payload.Length;
            unread = unread[consumed..];
        }

        return payload;
    }
}
