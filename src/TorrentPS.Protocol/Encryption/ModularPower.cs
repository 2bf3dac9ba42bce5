using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// Computes powers modulo a fixed odd number of 768 bits by Montgomery multiplication. <see cref="BigInteger.ModPow"/>
/// takes about seven times as long. Speed is important because any peer can make this client compute two powers per
/// connection.
/// </summary>
internal sealed class ModularPower
{
    private const int Limbs = 12;
    private const int LimbBits = 64;

    /// <summary>Number of bits of the exponent that one multiplication with a precomputed power handles.</summary>
    private const int WindowBits = 4;

    private readonly ulong[] _modulus;

    /// <summary>2 to the power of 768 modulo the modulus: the number 1 in Montgomery form.</summary>
    private readonly ulong[] _one;

    /// <summary>
    /// The square of <see cref="_one"/> modulo the modulus. A Montgomery multiplication by it converts a number to
    /// Montgomery form.
    /// </summary>
    private readonly ulong[] _square;

    /// <summary>The negative inverse of the modulus modulo 2 to the power of 64.</summary>
    private readonly ulong _inverse;

    public ModularPower(BigInteger modulus)
    {
        _modulus = ToLimbs(modulus);
        _one = ToLimbs(BigInteger.Pow(2, Limbs * LimbBits) % modulus);
        _square = ToLimbs(BigInteger.Pow(2, 2 * Limbs * LimbBits) % modulus);

        // Each step of Newton's method doubles the number of correct bits. The first value has three correct bits.
        ulong inverse = _modulus[0];
        for (int bits = 3; bits < LimbBits; bits *= 2)
            inverse *= 2 - (_modulus[0] * inverse);
        _inverse = 0 - inverse;
    }

    /// <summary>Computes a power. All numbers are unsigned and big-endian.</summary>
    /// <param name="number">The base, of 96 bytes and less than the modulus.</param>
    /// <param name="exponent">The exponent, of any length.</param>
    /// <returns>The power, of 96 bytes.</returns>
    public byte[] Compute(ReadOnlySpan<byte> number, ReadOnlySpan<byte> exponent)
    {
        ulong[][] powers = new ulong[1 << WindowBits][];
        powers[0] = _one;
        powers[1] = Multiply(ToLimbs(number), _square);
        for (int i = 2; i < powers.Length; i++)
            powers[i] = Multiply(powers[i - 1], powers[1]);

        ulong[] result = [.. _one];
        foreach (byte bits in exponent)
        {
            RaiseAndMultiply(result, powers[bits >> WindowBits]);
            RaiseAndMultiply(result, powers[bits & ((1 << WindowBits) - 1)]);
        }

        ulong[] plainOne = new ulong[Limbs];
        plainOne[0] = 1;
        Multiply(result, plainOne, result);
        return ToBytes(result);
    }

    private void RaiseAndMultiply(ulong[] result, ulong[] factor)
    {
        for (int i = 0; i < WindowBits; i++)
            Multiply(result, result, result);
        Multiply(result, factor, result);
    }

    private ulong[] Multiply(ulong[] left, ulong[] right)
    {
        ulong[] result = new ulong[Limbs];
        Multiply(left, right, result);
        return result;
    }

    /// <summary>Multiplies two numbers in Montgomery form. The result may be the array of a factor.</summary>
    private void Multiply(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right, Span<ulong> result)
    {
        Span<ulong> sum = stackalloc ulong[Limbs + 2];
        sum.Clear();
        for (int i = 0; i < Limbs; i++)
        {
            AddProduct(sum, left, right[i]);

            // Adding this multiple of the modulus makes the lowest limb zero. The limb is then dropped.
            AddProduct(sum, _modulus, sum[0] * _inverse);
            sum[1..].CopyTo(sum);
            sum[^1] = 0;
        }

        if (sum[Limbs] != 0 || !IsLess(sum[..Limbs], _modulus))
            Subtract(sum, _modulus);
        sum[..Limbs].CopyTo(result);
    }

    private static void AddProduct(Span<ulong> sum, ReadOnlySpan<ulong> number, ulong factor)
    {
        ulong carry = 0;
        for (int i = 0; i < Limbs; i++)
        {
            ulong high = Math.BigMul(number[i], factor, out ulong low);
            low += sum[i];
            high += low < sum[i] ? 1UL : 0;
            low += carry;
            high += low < carry ? 1UL : 0;
            sum[i] = low;
            carry = high;
        }

        sum[Limbs] += carry;
        sum[Limbs + 1] += sum[Limbs] < carry ? 1UL : 0;
    }

    private static bool IsLess(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right)
    {
        int i = Limbs - 1;
        while (i > 0 && left[i] == right[i])
            i--;
        return left[i] < right[i];
    }

    private static void Subtract(Span<ulong> from, ReadOnlySpan<ulong> number)
    {
        ulong borrow = 0;
        for (int i = 0; i < Limbs; i++)
        {
            ulong difference = from[i] - number[i];
            ulong next = (from[i] < number[i] ? 1UL : 0) | (difference < borrow ? 1UL : 0);
            from[i] = difference - borrow;
            borrow = next;
        }
    }

    private static ulong[] ToLimbs(BigInteger number)
    {
        byte[] bytes = new byte[Limbs * sizeof(ulong)];
        int length = number.GetByteCount(isUnsigned: true);
        number.TryWriteBytes(bytes.AsSpan(bytes.Length - length), out _, isUnsigned: true, isBigEndian: true);
        return ToLimbs(bytes);
    }

    private static ulong[] ToLimbs(ReadOnlySpan<byte> bytes)
    {
        ulong[] limbs = new ulong[Limbs];
        for (int i = 0; i < Limbs; i++)
            limbs[Limbs - 1 - i] = BinaryPrimitives.ReadUInt64BigEndian(bytes[(i * sizeof(ulong))..]);
        return limbs;
    }

    private static byte[] ToBytes(ReadOnlySpan<ulong> limbs)
    {
        byte[] bytes = new byte[Limbs * sizeof(ulong)];
        for (int i = 0; i < Limbs; i++)
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), limbs[Limbs - 1 - i]);
        return bytes;
    }
}
