using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>
/// Creates and checks write tokens (BEP 5, "get_peers"). A valid token shows that its sender received a packet of this
/// node within the last ten minutes.
/// </summary>
internal sealed class WriteTokens
{
    /// <summary>
    /// Length of a token in bytes. At <see cref="DhtNodeSettings.QueriesPerSource"/> queries per second, a host would
    /// need years to guess a token.
    /// </summary>
    public const int Length = 4;

    /// <summary>
    /// Milliseconds between changes of the secret from which tokens are computed. Tokens from the previous secret are
    /// also valid, so that a token is valid for 5 to 10 minutes (BEP 5).
    /// </summary>
    private const long SecretLifetime = 5 * DhtClock.Minute;

    private const int SecretLength = 16;

    private readonly Random _random;
    private readonly byte[] _secret = new byte[SecretLength];
    private readonly byte[] _previous = new byte[SecretLength];
    private long _changed;

    public WriteTokens(Random random)
    {
        _random = random;
        random.NextBytes(_secret);
        random.NextBytes(_previous);
    }

    /// <summary>
    /// Writes the current token for a host to <paramref name="token"/>, which must have at least <see cref="Length"/>
    /// bytes.
    /// </summary>
    public void Write(NodeAddress host, Span<byte> token) => Write(_secret, host, token);

    public bool IsValid(NodeAddress host, ReadOnlySpan<byte> token)
    {
        Span<byte> expected = stackalloc byte[Length];
        Write(_secret, host, expected);
        if (token.SequenceEqual(expected))
            return true;
        Write(_previous, host, expected);
        return token.SequenceEqual(expected);
    }

    public void Tick(long now)
    {
        if (now - _changed < SecretLifetime)
            return;
        _secret.CopyTo(_previous, 0);
        _random.NextBytes(_secret);
        _changed = now;
    }

    private static void Write(byte[] secret, NodeAddress host, Span<byte> token)
    {
        Span<byte> input = stackalloc byte[SecretLength + 16];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        secret.CopyTo(input);
        int length = SecretLength + host.WriteHost(input[SecretLength..]);
        SHA1.HashData(input[..length], hash);
        BinaryPrimitives.WriteUInt32BigEndian(token, BinaryPrimitives.ReadUInt32BigEndian(hash));
    }
}
