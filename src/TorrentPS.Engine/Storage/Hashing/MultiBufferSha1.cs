using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>Computes the SHA-1 hashes (FIPS 180-4) of 16 inputs of the same length at the same time.</summary>
/// <remarks>
/// .NET hashes one input at a time. Each round of SHA-1 depends on the previous one, so a core is partly idle even with
/// its SHA instructions. With 16 independent inputs, a core is fully used and needs less than half the time per byte.
/// </remarks>
internal sealed class MultiBufferSha1
{
    /// <summary>
    /// Number of inputs that are hashed at the same time: one for each 32-bit word of a 512-bit vector.
    /// </summary>
    public const int Count = 16;

    /// <summary>Length of a SHA-1 block in bytes (FIPS 180-4, section 5.2.1).</summary>
    public const int BlockLength = 64;

    private const int Rounds = 80;

    // Word i of each vector belongs to input i.
    private Vector512<uint> _a;
    private Vector512<uint> _b;
    private Vector512<uint> _c;
    private Vector512<uint> _d;
    private Vector512<uint> _e;
    private long _length;

    public MultiBufferSha1() => Reset();

    /// <summary>Whether the processor supports the instructions used: AVX-512 F and BW.</summary>
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512BW.IsSupported;

    public void Reset()
    {
        _a = Vector512.Create(0x67452301u);
        _b = Vector512.Create(0xEFCDAB89u);
        _c = Vector512.Create(0x98BADCFEu);
        _d = Vector512.Create(0x10325476u);
        _e = Vector512.Create(0xC3D2E1F0u);
        _length = 0;
    }

    /// <summary>Appends the same number of bytes to each input.</summary>
    /// <param name="data">Bytes of all inputs. Those of input i begin at offset i × <paramref name="stride"/>.</param>
    /// <param name="stride">
    /// Distance in bytes between the data of two consecutive inputs. With 0, the same bytes are appended to all inputs.
    /// </param>
    /// <param name="length">Number of bytes per input, a multiple of <see cref="BlockLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The length is negative or not a multiple of <see cref="BlockLength"/>, or the data is too short.
    /// </exception>
    public void Append(ReadOnlySpan<byte> data, int stride, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % BlockLength, 0, nameof(length));
        ArgumentOutOfRangeException.ThrowIfLessThan(data.Length, ((long)(Count - 1) * stride) + length, nameof(data));
        Compress(ref MemoryMarshal.GetReference(data), stride, length);
        _length += length;
    }

    /// <summary>Computes the digests of all inputs, and begins new, empty inputs.</summary>
    /// <param name="digests">Receives the 20-byte digests, one after another in the order of the inputs.</param>
    public void Finish(Span<byte> digests)
    {
        Span<byte> padding = stackalloc byte[BlockLength];
        padding.Clear();
        padding[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(padding[^sizeof(long)..], _length * 8);
        Append(padding, 0, padding.Length);
        for (int lane = 0; lane < Count; lane++)
        {
            Span<byte> digest = digests.Slice(lane * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes);
            BinaryPrimitives.WriteUInt32BigEndian(digest, _a[lane]);
            BinaryPrimitives.WriteUInt32BigEndian(digest[4..], _b[lane]);
            BinaryPrimitives.WriteUInt32BigEndian(digest[8..], _c[lane]);
            BinaryPrimitives.WriteUInt32BigEndian(digest[12..], _d[lane]);
            BinaryPrimitives.WriteUInt32BigEndian(digest[16..], _e[lane]);
        }

        Reset();
    }

    /// <summary>
    /// Applies the compression function (FIPS 180-4, section 6.1.2) to the next blocks of all inputs.
    /// </summary>
    /// <remarks>
    /// AggressiveOptimization is set because code with 512-bit vectors is not compiled ahead of time. Without it, the
    /// first pieces would be hashed with unoptimized code, which is many times slower.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void Compress(ref byte data, int stride, int length)
    {
        Span<Vector512<uint>> schedule = stackalloc Vector512<uint>[Rounds];
        ref Vector512<uint> w = ref MemoryMarshal.GetReference(schedule);
        Vector512<uint> h0 = _a, h1 = _b, h2 = _c, h3 = _d, h4 = _e;
        for (int at = 0; at < length; at += BlockLength)
        {
            LoadBlock(ref Unsafe.Add(ref data, at), stride, ref w);
            for (int t = BlockLength / sizeof(uint); t < Rounds; t++)
            {
                Unsafe.Add(ref w, t) = Avx512F.RotateLeft(
                    Parity.Apply(Unsafe.Add(ref w, t - 3), Unsafe.Add(ref w, t - 8), Unsafe.Add(ref w, t - 14))
                        ^ Unsafe.Add(ref w, t - 16),
                    1);
            }

            Vector512<uint> a = h0, b = h1, c = h2, d = h3, e = h4;
            Stage<Choice>(ref w, 0x5A827999, ref a, ref b, ref c, ref d, ref e);
            Stage<Parity>(ref Unsafe.Add(ref w, 20), 0x6ED9EBA1, ref a, ref b, ref c, ref d, ref e);
            Stage<Majority>(ref Unsafe.Add(ref w, 40), 0x8F1BBCDC, ref a, ref b, ref c, ref d, ref e);
            Stage<Parity>(ref Unsafe.Add(ref w, 60), 0xCA62C1D6, ref a, ref b, ref c, ref d, ref e);
            h0 += a;
            h1 += b;
            h2 += c;
            h3 += d;
            h4 += e;
        }

        (_a, _b, _c, _d, _e) = (h0, h1, h2, h3, h4);
    }

    /// <summary>
    /// Computes 20 rounds with one logical function and constant. The loop is unrolled by 5: each round passes the
    /// variables in another order, so that no value is copied from one variable to the next.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Stage<TFunction>(
        ref Vector512<uint> w,
        uint constant,
        ref Vector512<uint> a,
        ref Vector512<uint> b,
        ref Vector512<uint> c,
        ref Vector512<uint> d,
        ref Vector512<uint> e)
        where TFunction : struct, ILogicalFunction
    {
        Vector512<uint> k = Vector512.Create(constant);
        for (int t = 0; t < Rounds / 4; t += 5)
        {
            Round<TFunction>(k + Unsafe.Add(ref w, t), a, ref b, c, d, ref e);
            Round<TFunction>(k + Unsafe.Add(ref w, t + 1), e, ref a, b, c, ref d);
            Round<TFunction>(k + Unsafe.Add(ref w, t + 2), d, ref e, a, b, ref c);
            Round<TFunction>(k + Unsafe.Add(ref w, t + 3), c, ref d, e, a, ref b);
            Round<TFunction>(k + Unsafe.Add(ref w, t + 4), b, ref c, d, e, ref a);
        }
    }

    /// <summary>Computes one round. The new value of <c>a</c> is stored in <paramref name="e"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round<TFunction>(
        Vector512<uint> word,
        Vector512<uint> a,
        ref Vector512<uint> b,
        Vector512<uint> c,
        Vector512<uint> d,
        ref Vector512<uint> e)
        where TFunction : struct, ILogicalFunction
    {
        e = e + word + TFunction.Apply(b, c, d) + Avx512F.RotateLeft(a, 5);
        b = Avx512F.RotateLeft(b, 30);
    }

    /// <summary>
    /// Loads one block of each input and transposes the blocks: each vector then has the same word of all inputs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadBlock(ref byte block, int stride, ref Vector512<uint> w)
    {
        for (int t = 0; t < BlockLength / sizeof(uint); t += 4)
        {
            // Row i has words t to t + 3 of the inputs i, i + 4, i + 8 and i + 12: four 4 × 4 matrices to transpose.
            ref byte words = ref Unsafe.Add(ref block, t * sizeof(uint));
            Vector512<uint> row0 = LoadRow(ref words, stride);
            Vector512<uint> row1 = LoadRow(ref Unsafe.Add(ref words, stride), stride);
            Vector512<uint> row2 = LoadRow(ref Unsafe.Add(ref words, stride * 2), stride);
            Vector512<uint> row3 = LoadRow(ref Unsafe.Add(ref words, stride * 3), stride);
            Vector512<ulong> low01 = Avx512F.UnpackLow(row0, row1).AsUInt64();
            Vector512<ulong> low23 = Avx512F.UnpackLow(row2, row3).AsUInt64();
            Vector512<ulong> high01 = Avx512F.UnpackHigh(row0, row1).AsUInt64();
            Vector512<ulong> high23 = Avx512F.UnpackHigh(row2, row3).AsUInt64();
            Unsafe.Add(ref w, t) = Avx512F.UnpackLow(low01, low23).AsUInt32();
            Unsafe.Add(ref w, t + 1) = Avx512F.UnpackHigh(low01, low23).AsUInt32();
            Unsafe.Add(ref w, t + 2) = Avx512F.UnpackLow(high01, high23).AsUInt32();
            Unsafe.Add(ref w, t + 3) = Avx512F.UnpackHigh(high01, high23).AsUInt32();
        }
    }

    /// <summary>
    /// Loads four consecutive words from each of four inputs, and converts them from big-endian byte order.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> LoadRow(ref byte words, int stride)
    {
        Vector128<byte> order = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        nint step = (nint)stride * 4;
        Vector512<byte> row = Vector128.LoadUnsafe(ref words).ToVector256Unsafe().ToVector512Unsafe();
        row = Avx512F.InsertVector128(row, Vector128.LoadUnsafe(ref words, (nuint)step), 1);
        row = Avx512F.InsertVector128(row, Vector128.LoadUnsafe(ref words, (nuint)(step * 2)), 2);
        row = Avx512F.InsertVector128(row, Vector128.LoadUnsafe(ref words, (nuint)(step * 3)), 3);
        return Avx512BW.Shuffle(
            row, Vector512.Create(Vector256.Create(order, order), Vector256.Create(order, order))).AsUInt32();
    }

    /// <summary>
    /// A logical function of SHA-1 (FIPS 180-4, section 4.1.1), computed by one ternary-logic instruction.
    /// </summary>
    private interface ILogicalFunction
    {
        static abstract Vector512<uint> Apply(Vector512<uint> b, Vector512<uint> c, Vector512<uint> d);
    }

    private readonly struct Choice : ILogicalFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<uint> Apply(Vector512<uint> b, Vector512<uint> c, Vector512<uint> d) =>
            Avx512F.TernaryLogic(b, c, d, 0xCA);
    }

    private readonly struct Parity : ILogicalFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<uint> Apply(Vector512<uint> b, Vector512<uint> c, Vector512<uint> d) =>
            Avx512F.TernaryLogic(b, c, d, 0x96);
    }

    private readonly struct Majority : ILogicalFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<uint> Apply(Vector512<uint> b, Vector512<uint> c, Vector512<uint> d) =>
            Avx512F.TernaryLogic(b, c, d, 0xE8);
    }
}
