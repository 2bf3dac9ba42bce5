using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>How this client names itself to peers and trackers: Azureus style (BEP 20).</summary>
internal static class OwnPeerId
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static ReadOnlySpan<byte> Prefix => "-TP0100-"u8;

    /// <summary>A new id: the client's prefix, then letters and digits at random.</summary>
    public static PeerId Make(Random random)
    {
        Span<byte> id = stackalloc byte[PeerId.Length];
        random.NextBytes(id);
        Prefix.CopyTo(id);
        for (int i = Prefix.Length; i < id.Length; i++)
            id[i] = (byte)Alphabet[id[i] % Alphabet.Length];
        return new PeerId(id);
    }
}
