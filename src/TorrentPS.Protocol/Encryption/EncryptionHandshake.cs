using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// One side of an encryption handshake (Message Stream Encryption, MSE), without I/O. The caller sends the bytes that
/// <see cref="TakeOutput"/> returns, and passes received bytes to <see cref="Receive"/>, until the handshake is
/// complete.
/// </summary>
public abstract class EncryptionHandshake
{
    /// <summary>Maximum length of each of the four paddings in bytes.</summary>
    public const int MaxPadding = 512;

    /// <summary>Length in bytes of the verification constant, which consists of zeros.</summary>
    private protected const int VerificationLength = 8;

    /// <summary>Length in bytes of each of the fields <c>crypto_provide</c> and <c>crypto_select</c>.</summary>
    private protected const int MethodsLength = 4;

    /// <summary>Length in bytes of the field with the length of a padding or of the initial payload.</summary>
    private protected const int LengthLength = 2;

    private readonly List<byte> _held = [];
    private readonly List<byte> _output = [];

    private protected EncryptionHandshake(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Random = random;
    }

    /// <summary>Whether the handshake is complete on this side. There may still be output to send.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The torrent of the connection. For a responder, it is valid when the handshake is complete.</summary>
    public InfoHash Torrent { get; private protected set; }

    /// <summary>
    /// The selected encryption method of the bytes after the handshake; <see cref="EncryptionMethods.None"/> before the
    /// selection.
    /// </summary>
    public EncryptionMethods Method { get; private protected set; }

    /// <summary>The cipher of the bytes to send. It is valid when the handshake is complete.</summary>
    public Rc4? Sending { get; private protected set; }

    /// <summary>The cipher of the bytes to receive. It is valid when the handshake is complete.</summary>
    public Rc4? Receiving { get; private protected set; }

    /// <summary>
    /// This side's key pair. It is created at its first use, so a peer that sends only a few bytes causes no
    /// computation.
    /// </summary>
    private protected DiffieHellmanKey Key => field ??= new DiffieHellmanKey(Random);

    /// <summary>
    /// Number of received bytes that the next step needs. With fewer bytes, <see cref="Continue"/> is not called.
    /// </summary>
    private protected int Needed { get; set; } = DiffieHellmanKey.Length;

    private Random Random { get; }

    /// <summary>Returns and removes the bytes to send. The result can be empty.</summary>
    public byte[] TakeOutput()
    {
        byte[] output = [.. _output];
        _output.Clear();
        return output;
    }

    /// <summary>
    /// Returns and removes the bytes that were received after the peer's part of the handshake. Encrypted bytes are
    /// already decrypted.
    /// </summary>
    public byte[] TakeRemainder()
    {
        byte[] remainder = [.. _held];
        _held.Clear();
        return remainder;
    }

    /// <summary>Handles received bytes.</summary>
    /// <exception cref="EncryptionException">The handshake failed.</exception>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        _held.AddRange(bytes);
        while (!IsComplete && _held.Count >= Needed)
        {
            int consumed = Continue(CollectionsMarshal.AsSpan(_held));
            _held.RemoveRange(0, consumed);
            if (consumed == 0)
                return;
        }
    }

    /// <summary>Handles the next step of the handshake.</summary>
    /// <param name="held">The received bytes that no step has consumed, at least <see cref="Needed"/>.</param>
    /// <returns>Number of consumed bytes; 0 if the step needs more bytes.</returns>
    private protected abstract int Continue(Span<byte> held);

    private protected void Send(ReadOnlySpan<byte> bytes) => _output.AddRange(bytes);

    /// <summary>Sends this side's public key and a random padding.</summary>
    private protected void SendKey()
    {
        Send(Key.Public);
        Span<byte> padding = stackalloc byte[Random.Next(MaxPadding + 1)];
        Random.NextBytes(padding);
        Send(padding);
    }

    /// <summary>Completes the handshake, and decrypts the bytes that follow the peer's part of it.</summary>
    /// <param name="rest">The bytes that follow.</param>
    private protected void Complete(Span<byte> rest)
    {
        if (Method == EncryptionMethods.Rc4)
            Receiving!.Transform(rest);
        IsComplete = true;
    }

    /// <summary>Searches for the pattern that marks the end of the padding after the peer's public key.</summary>
    /// <returns>The number of bytes up to the end of the pattern; 0 if the pattern has not arrived yet.</returns>
    /// <exception cref="EncryptionException">
    /// The pattern does not follow after at most <see cref="MaxPadding"/> bytes.
    /// </exception>
    private protected static int FindEndOfPadding(ReadOnlySpan<byte> held, ReadOnlySpan<byte> pattern)
    {
        int limit = MaxPadding + pattern.Length;
        int at = held[..Math.Min(held.Length, limit)].IndexOf(pattern);
        if (at < 0 && held.Length >= limit)
        {
            throw new EncryptionException(
                EncryptionError.NotSynchronized,
                "The expected bytes did not follow the padding of the encryption handshake.");
        }

        return at < 0 ? 0 : at + pattern.Length;
    }

    private protected static int CheckPadding(int length) => length <= MaxPadding
        ? length
        : throw new EncryptionException(
            EncryptionError.PaddingTooLong, $"The peer announced a padding of {length} bytes.");
}
