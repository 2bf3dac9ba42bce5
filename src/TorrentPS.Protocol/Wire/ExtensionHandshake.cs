using System.Buffers;
using System.Net;
using System.Text;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>The extension handshake: extended message 0 (BEP 10). Every field is optional.</summary>
public sealed record ExtensionHandshake
{
    /// <summary>
    /// Maximum length of a payload in bytes. A longer payload is an error. Clients send a few hundred bytes.
    /// </summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>
    /// Maximum number of extensions kept from one handshake. Further extensions are ignored. Clients support about ten.
    /// </summary>
    public const int MaxMessages = 64;

    /// <summary>Maximum length of an extension name in bytes. An extension with a longer name is ignored.</summary>
    public const int MaxNameLength = 64;

    // The "m" dictionary needs two levels. The rest is room for fields that this class does not know.
    private static readonly BencodeLimits Limits = new() { MaxDepth = 8, MaxTokens = 1024, MaxLength = MaxLength };

    private static readonly IReadOnlyDictionary<string, byte> NoMessages = new Dictionary<string, byte>();

    /// <summary>
    /// <c>m</c>: the extended message ids that the sender of this handshake assigned to its extensions, by extension
    /// name. Id 0 disables an extension. A later handshake changes only the extensions that it contains.
    /// </summary>
    public IReadOnlyDictionary<string, byte> Messages { get; init; } = NoMessages;

    /// <summary>
    /// <c>v</c>: name and version of the sender's client, or null if absent. In a parsed handshake, the text is safe to
    /// display.
    /// </summary>
    public string? Client { get; init; }

    /// <summary><c>p</c>: TCP port on which the sender accepts connections, or null if absent.</summary>
    public ushort? ListenPort { get; init; }

    /// <summary>
    /// <c>reqq</c>: maximum number of outstanding requests that the sender accepts from the receiver, or null if
    /// absent.
    /// </summary>
    public int? RequestQueue { get; init; }

    /// <summary><c>yourip</c>: the receiver's IP address as the sender sees it, or null if absent.</summary>
    public IPAddress? YourAddress { get; init; }

    /// <summary><c>ipv4</c>: the sender's IPv4 address, or null if absent.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary><c>ipv6</c>: the sender's IPv6 address, or null if absent.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary><c>metadata_size</c>: length of the info dictionary in bytes (BEP 9), or null if absent.</summary>
    public int? MetadataSize { get; init; }

    /// <summary>
    /// <c>upload_only</c>: whether the sender downloads nothing because it is a seed or partial seed (BEP 21), or null
    /// if absent.
    /// </summary>
    public bool? UploadOnly { get; init; }

    /// <summary>
    /// Parses the payload of an extension handshake. Fields with a wrong type or a value out of range are ignored.
    /// </summary>
    /// <exception cref="WireException">
    /// The payload is longer than <see cref="MaxLength"/>, or is not a bencoded dictionary.
    /// </exception>
    public static ExtensionHandshake Parse(ReadOnlySpan<byte> payload)
    {
        BencodeValue root = ExtensionDictionary.Read(
            payload, Limits, WireError.BadExtensionHandshake, "An extension handshake");
        return new ExtensionHandshake
        {
            Messages = ReadMessages(root),
            Client = Text(root),
            ListenPort = (ushort?)root.NumberAt("p"u8, 1, ushort.MaxValue),
            RequestQueue = (int?)root.NumberAt("reqq"u8, 1, int.MaxValue),
            YourAddress = Address(root, "yourip"u8, 4) ?? Address(root, "yourip"u8, 16),
            IPv4 = Address(root, "ipv4"u8, 4),
            IPv6 = Address(root, "ipv6"u8, 16),
            MetadataSize = (int?)root.NumberAt("metadata_size"u8, 1, int.MaxValue),
            UploadOnly = root.NumberAt("upload_only"u8) is { } value ? value != 0 : null,
        };
    }

    /// <summary>
    /// Encodes the handshake as the payload of an extended message. The length prefix, message id and extended message
    /// id are not included.
    /// </summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>(256);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        Write(writer, "ipv4"u8, IPv4);
        Write(writer, "ipv6"u8, IPv6);
        writer.WriteKey("m"u8);
        writer.BeginDictionary();
        foreach ((string name, byte id) in Messages.OrderBy(m => m.Key, StringComparer.Ordinal))
            writer.WriteNumber(Encoding.UTF8.GetBytes(name), id);
        writer.End();
        Write(writer, "metadata_size"u8, MetadataSize);
        Write(writer, "p"u8, ListenPort);
        Write(writer, "reqq"u8, RequestQueue);
        Write(writer, "upload_only"u8, UploadOnly is { } only ? (only ? 1 : 0) : null);
        if (Client is not null)
            writer.WriteText("v"u8, Client);
        Write(writer, "yourip"u8, YourAddress);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static IReadOnlyDictionary<string, byte> ReadMessages(BencodeValue root)
    {
        if (!root.TryGet("m"u8, out BencodeValue map) || map.Kind != BencodeKind.Dictionary)
            return NoMessages;
        var messages = new Dictionary<string, byte>(StringComparer.Ordinal);
        foreach ((BencodeValue name, BencodeValue id) in map.Entries())
        {
            bool valid = id.TryGetInt64(out long number) && number is >= 0 and <= byte.MaxValue;
            if (valid && name.Bytes.Length <= MaxNameLength && messages.Count < MaxMessages)
                messages[name.GetText()] = (byte)number;
        }

        return messages;
    }

    private static string? Text(BencodeValue root)
    {
        if (!root.TryGet("v"u8, out BencodeValue value) || value.Kind != BencodeKind.Bytes)
            return null;
        string text = DisplayText.Line(value.GetText(), ClientName.MaxLength);
        return text.Length == 0 ? null : text;
    }

    private static IPAddress? Address(BencodeValue root, ReadOnlySpan<byte> key, int length) =>
        root.BytesAt(key) is { } bytes && bytes.Length == length ? new IPAddress(bytes.Span) : null;

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, long? number)
    {
        if (number is not null)
            writer.WriteNumber(key, number.Value);
    }

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, IPAddress? address)
    {
        if (address is not null)
            writer.WriteBytes(key, address.GetAddressBytes());
    }
}
