using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Wire;

/// <summary>Parses the bencoded dictionary of an extended message (BEP 10).</summary>
internal static class ExtensionDictionary
{
    /// <summary>Parses the payload of an extended message as one bencoded dictionary.</summary>
    /// <param name="payload">The bytes of the message after the extended message id.</param>
    /// <param name="limits">Limits on the bencoded data.</param>
    /// <param name="error">Error code of the exception that is thrown for an invalid payload.</param>
    /// <param name="name">
    /// Name of the extended message for the texts of exceptions, for example "An extension handshake".
    /// </param>
    /// <exception cref="WireException">The payload is not a bencoded dictionary, or exceeds a limit.</exception>
    public static BencodeValue Read(ReadOnlySpan<byte> payload, BencodeLimits limits, WireError error, string name)
    {
        if (payload.Length > limits.MaxLength)
        {
            throw new WireException(
                error, $"{name} of {payload.Length} bytes is over the limit of {limits.MaxLength} bytes.");
        }

        try
        {
            BencodeValue root = BencodeValue.Parse(payload.ToArray(), limits);
            return root.Kind == BencodeKind.Dictionary
                ? root
                : throw new WireException(error, $"{name} is not a dictionary.");
        }
        catch (BencodeException cause)
        {
            throw new WireException(error, $"{name} is not valid bencoding: {cause.Message}", cause);
        }
    }
}
