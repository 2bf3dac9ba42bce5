using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Creates the peer ids that this client sends to peers and trackers: <c>-TP0100-</c> (Azureus style, BEP 20) and 12
/// random letters and digits.
/// </summary>
internal static class LocalPeerId
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static ReadOnlySpan<byte> Prefix => "-TP0100-"u8;

    public static PeerId Create(SecureRandom random)
    {
        Span<byte> id = stackalloc byte[PeerId.Length];
        Prefix.CopyTo(id);
        foreach (ref byte letter in id[Prefix.Length..])
            letter = (byte)Alphabet[random.Next(Alphabet.Length)];
        return new PeerId(id);
    }
}
