using System.Security.Cryptography;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// A cryptographically secure <see cref="Random"/>. Other hosts cannot predict this client's ids and tokens from
/// earlier ones.
/// </summary>
internal sealed class SecureRandom : Random
{
    public override int Next() => RandomNumberGenerator.GetInt32(int.MaxValue);

    public override int Next(int maxValue) => maxValue <= 1 ? 0 : RandomNumberGenerator.GetInt32(maxValue);

    public override int Next(int minValue, int maxValue) =>
        minValue >= maxValue ? minValue : RandomNumberGenerator.GetInt32(minValue, maxValue);

    public override long NextInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        NextBytes(bytes);
        return BitConverter.ToInt64(bytes) & long.MaxValue;
    }

    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    public override double NextDouble() => Sample();

    protected override double Sample() => (NextInt64() >> 10) * (1.0 / (1L << 53));
}
