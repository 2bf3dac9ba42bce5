using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Wire;

/// <summary>Reads the bencoded dictionary that the message of an extension is (BEP 10).</summary>
internal static class ExtensionDictionary
{
    /// <param name="payload">The message, without the frame.</param>
    /// <param name="limits">How long, deep and rich it may be.</param>
    /// <param name="error">What it is called when it can't be read.</param>
    /// <param name="name">What the message is called, with its article, at the beginning of a sentence.</param>
    /// <exception cref="WireException">It is too long, or no dictionary.</exception>
    public static BencodeValue Read(ReadOnlySpan<byte> payload, BencodeLimits limits, WireError error, string name)
    {
        if (payload.Length > limits.MaxLength)
            throw new WireException(error, $"{name} of {payload.Length} bytes is over the limit of {limits.MaxLength}.");
        try
        {
            BencodeValue root = BencodeValue.Parse(payload.ToArray(), limits);
            return root.Kind == BencodeKind.Dictionary ? root : throw new WireException(error, $"{name} is no dictionary.");
        }
        catch (BencodeException cause)
        {
            throw new WireException(error, $"{name} can't be read: {cause.Message}", cause);
        }
    }
}
