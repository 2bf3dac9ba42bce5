using System.Buffers;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Binding;

/// <summary>Converts PowerShell values to the bencoded values of DHT items (BEP 44) and back.</summary>
internal static class BencodedItem
{
    private static readonly UTF8Encoding s_strict = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Bencodes a string (as UTF-8), a byte array or an integer. For a <see cref="TorrentDhtItem"/>, returns its
    /// bencoded value.
    /// </summary>
    /// <exception cref="FormatException">The value has another type.</exception>
    public static byte[] Encode(object value)
    {
        value = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (value is TorrentDhtItem item)
            return (byte[])item.Bencoded.BaseObject;
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        switch (value)
        {
            case string text:
                writer.WriteText(text);
                break;
            case byte[] bytes:
                writer.WriteBytes(bytes);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                writer.WriteNumber(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            default:
                throw new FormatException(
                    $"A value of type {value.GetType().Name} cannot be a DHT item. Use a string, bytes or an integer.");
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Decodes a bencoded value to a string, byte array, integer, array or ordered dictionary.</summary>
    /// <exception cref="BencodeException">The bytes are not a bencoded value.</exception>
    public static object Decode(ReadOnlyMemory<byte> bencoded) => ValueOf(BencodeValue.Parse(bencoded));

    private static object ValueOf(BencodeValue value)
    {
        switch (value.Kind)
        {
            case BencodeKind.Number:
                // A number that does not fit in 64 bits becomes a string of its digits.
                return value.TryGetInt64(out long number) ? number : Encoding.ASCII.GetString(value.Raw.Span[1..^1]);
            case BencodeKind.List:
                return value.Items().Select(ValueOf).ToArray();
            case BencodeKind.Dictionary:
                var dictionary = new OrderedDictionary();
                foreach ((BencodeValue key, BencodeValue each) in value.Entries())
                    dictionary[KeyOf(key)] = ValueOf(each);
                return dictionary;
            default:
                return TextOrBytes(value.Bytes);
        }
    }

    /// <summary>Returns a key as text if it is displayable on one line, and otherwise in hexadecimal.</summary>
    private static string KeyOf(BencodeValue key) =>
        key.GetText() is var text && DisplayText.IsLine(text) ? text : Convert.ToHexStringLower(key.Bytes.Span);

    /// <summary>
    /// Returns a string if the bytes are UTF-8 text of displayable characters. Otherwise returns the bytes, because
    /// other characters could be commands for the terminal.
    /// </summary>
    private static object TextOrBytes(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            string text = s_strict.GetString(bytes.Span);
            return DisplayText.IsDisplayable(text) ? text : bytes.ToArray();
        }
        catch (DecoderFallbackException)
        {
            return bytes.ToArray();
        }
    }
}
