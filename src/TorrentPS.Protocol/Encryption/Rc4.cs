using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// The RC4 stream cipher of one direction of an encrypted connection (MSE). Encrypting and decrypting are the same
/// operation. Not thread-safe.
/// </summary>
/// <remarks>
/// RC4 hides the protocol from devices on the network path that only look for known bytes. It does not protect secrets:
/// RC4 is broken, and MSE does not authenticate the peer.
/// </remarks>
[SuppressMessage("Security", "CA5350", Justification = "MSE prescribes the cipher.")]
public sealed class Rc4
{
    /// <summary>
    /// Number of bytes of the keystream that MSE discards, because the first bytes reveal information about the key.
    /// </summary>
    public const int Discarded = 1024;

    private const int StateLength = 256;

    private State _state;
    private byte _i;
    private byte _j;

    /// <summary>Creates a cipher and discards the first <see cref="Discarded"/> bytes of its keystream.</summary>
    /// <param name="key">The key, from 1 to 256 bytes.</param>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    public Rc4(ReadOnlySpan<byte> key)
        : this(key, Discarded)
    {
    }

    internal Rc4(ReadOnlySpan<byte> key, int discarded)
    {
        if (key.Length is 0 or > StateLength)
            throw new ArgumentException($"Expected a key of 1 to {StateLength} bytes, got {key.Length}.", nameof(key));
        Span<byte> state = _state;
        for (int i = 0; i < state.Length; i++)
            state[i] = (byte)i;
        byte j = 0;
        for (int i = 0; i < state.Length; i++)
        {
            j += (byte)(state[i] + key[i % key.Length]);
            (state[i], state[j]) = (state[j], state[i]);
        }

        Span<byte> ignored = stackalloc byte[Discarded];
        Transform(ignored[..discarded]);
    }

    /// <summary>Encrypts or decrypts bytes in place.</summary>
    public void Transform(Span<byte> bytes) => Transform(bytes, bytes);

    /// <summary>Encrypts or decrypts bytes from one buffer to another.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">The buffer for the result. It may be the same memory as the source.</param>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public void Transform(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length, nameof(destination));
        Span<byte> state = _state;
        uint i = _i, j = _j;

        // Four bytes of the keystream are combined first, so that the loop loads and stores four bytes at a time.
        while (source.Length >= sizeof(uint))
        {
            uint key = Next(state, ref i, ref j);
            key |= Next(state, ref i, ref j) << 8;
            key |= Next(state, ref i, ref j) << 16;
            key |= Next(state, ref i, ref j) << 24;
            BinaryPrimitives.WriteUInt32LittleEndian(
                destination, BinaryPrimitives.ReadUInt32LittleEndian(source) ^ key);
            source = source[sizeof(uint)..];
            destination = destination[sizeof(uint)..];
        }

        for (int at = 0; at < source.Length; at++)
            destination[at] = (byte)(source[at] ^ Next(state, ref i, ref j));
        (_i, _j) = ((byte)i, (byte)j);
    }

    /// <summary>Returns the next byte of the keystream.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Next(Span<byte> state, ref uint i, ref uint j)
    {
        i = (byte)(i + 1);
        uint first = state[(byte)i];
        j = (byte)(j + first);
        uint second = state[(byte)j];
        state[(byte)i] = (byte)second;
        state[(byte)j] = (byte)first;
        return state[(byte)(first + second)];
    }

    [InlineArray(StateLength)]
    private struct State
    {
        private byte _first;
    }
}
