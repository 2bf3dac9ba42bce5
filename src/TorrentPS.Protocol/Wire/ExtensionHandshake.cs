using System.Buffers;
using System.Net;
using System.Text;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>What a peer says of itself in extended message 0 (BEP 10); all of it is optional.</summary>
public sealed record ExtensionHandshake
{
    /// <summary>The longest handshake read, in bytes: what clients send is a few hundred.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>The most extensions kept of one handshake; clients have about ten, and ids end at 255.</summary>
    public const int MaxMessages = 64;

    /// <summary>The longest extension name kept, in bytes; a longer one is not one that is known here.</summary>
    public const int MaxNameLength = 64;

    // An "m" dictionary is one level down; what clients add beside it is hardly deeper.
    private static readonly BencodeLimits Limits = new() { MaxDepth = 8, MaxTokens = 1024, MaxLength = MaxLength };

    private static readonly IReadOnlyDictionary<string, byte> NoMessages = new Dictionary<string, byte>();

    /// <summary>
    /// <c>m</c>: the id to use when sending each extension to this peer. 0 switches an extension off; a later handshake changes only
    /// what it names.
    /// </summary>
    public IReadOnlyDictionary<string, byte> Messages { get; init; } = NoMessages;

    /// <summary><c>v</c>: the client's name and version, fit to be shown.</summary>
    public string? Client { get; init; }

    /// <summary><c>p</c>: the TCP port that the peer listens on.</summary>
    public ushort? ListenPort { get; init; }

    /// <summary><c>reqq</c>: how many outstanding requests the peer keeps.</summary>
    public int? RequestQueue { get; init; }

    /// <summary><c>yourip</c>: the address that the peer sees us at.</summary>
    public IPAddress? YourAddress { get; init; }

    /// <summary><c>ipv4</c>: the peer's IPv4 address.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary><c>ipv6</c>: the peer's IPv6 address.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary><c>metadata_size</c>: the length of the info dictionary in bytes (BEP 9).</summary>
    public int? MetadataSize { get; init; }

    /// <summary><c>upload_only</c>: the peer wants no pieces (BEP 21); null when it did not say.</summary>
    public bool? UploadOnly { get; init; }

    /// <summary>Reads the payload of extended message 0. An entry of the wrong type or out of range is as good as absent.</summary>
    /// <exception cref="WireException">It is longer than <see cref="MaxLength"/>, or no bencoded dictionary.</exception>
    public static ExtensionHandshake Parse(ReadOnlySpan<byte> payload)
    {
        BencodeValue root = ExtensionDictionary.Read(payload, Limits, WireError.BadExtensionHandshake, "An extension handshake");
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

    /// <summary>The payload of extended message 0, without the frame.</summary>
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
            bool known = id.TryGetInt64(out long number) && number is >= 0 and <= byte.MaxValue && name.Bytes.Length <= MaxNameLength;
            if (known && messages.Count < MaxMessages)
                messages[name.GetText()] = (byte)number;
        }

        return messages;
    }

    private static string? Text(BencodeValue root)
    {
        if (!root.TryGet("v"u8, out BencodeValue value) || value.Kind != BencodeKind.Bytes)
            return null;
        string text = DisplayText.Sanitise(value.GetText(), ClientName.MaxLength);
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
