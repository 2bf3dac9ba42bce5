using Microsoft.Win32.SafeHandles;
using TorrentPS.Engine.Storage.Files;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class VectorIOTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(64, 3)]
    [InlineData(256, 0)]
    [InlineData(700, 12_345)]
    public void Buffers_are_written_and_read_back_in_order(int count, long offset)
    {
        var random = new Random(count);
        byte[][] sent = [.. Enumerable.Range(0, count).Select(_ => new byte[random.Next(0, 400)])];
        foreach (byte[] bytes in sent)
            random.NextBytes(bytes);
        using SafeFileHandle file = File.OpenHandle(_path, access: FileAccess.ReadWrite);

        VectorIO.Write(file, [.. sent.Select(bytes => (ReadOnlyMemory<byte>)bytes)], offset);
        byte[] expected = [.. new byte[offset], .. sent.SelectMany(bytes => bytes)];
        byte[] written = new byte[expected.Length];
        Assert.Equal(expected.Length, RandomAccess.Read(file, written, 0));
        Assert.Equal(expected, written);

        byte[][] got = [.. sent.Select(bytes => new byte[bytes.Length])];
        Assert.Equal(
            sent.Sum(bytes => bytes.Length),
            VectorIO.Read(file, [.. got.Select(bytes => (Memory<byte>)bytes)], offset));
        Assert.Equal(sent, got);
    }

    [Fact]
    public void A_read_past_the_end_returns_the_number_of_bytes_read()
    {
        File.WriteAllBytes(_path, [1, 2, 3, 4, 5]);
        using SafeFileHandle file = File.OpenHandle(_path);
        byte[] first = new byte[3], second = new byte[3];

        Assert.Equal(4, VectorIO.Read(file, [first, second], 1));

        Assert.Equal([2, 3, 4], first);
        Assert.Equal([5, 0, 0], second);
        Assert.Equal(0, VectorIO.Read(file, [first], 9));
    }

    [Fact]
    public void A_failed_write_throws_with_the_reason()
    {
        using SafeFileHandle readOnly = File.OpenHandle(_path, access: FileAccess.Read);
        Assert.ThrowsAny<SystemException>(() => VectorIO.Write(readOnly, [new byte[] { 1 }], 0));

        SafeFileHandle closed = File.OpenHandle(_path, access: FileAccess.ReadWrite);
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => VectorIO.Write(closed, [new byte[] { 1 }], 0));
    }

    [Fact]
    public void Nothing_is_allocated_after_the_first_call()
    {
        ReadOnlyMemory<byte>[] buffers =
            [.. Enumerable.Range(0, 64).Select(_ => (ReadOnlyMemory<byte>)GC.AllocateArray<byte>(1024, pinned: true))];
        using SafeFileHandle file = File.OpenHandle(_path, access: FileAccess.ReadWrite);
        VectorIO.Write(file, buffers, 0);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            VectorIO.Write(file, buffers, 0);
        Assert.InRange(
            GC.GetAllocatedBytesForCurrentThread() - before, 0, OperatingSystem.IsLinux() ? 0 : long.MaxValue);
    }
}
