using System.Buffers;
using System.Net.Sockets;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The file with the saved routing tables of both address families. The format is a bencoded dictionary with <c>v4</c>
/// and <c>v6</c>, whose values come from <see cref="Routing.SavedRoutingTable"/>.
/// </summary>
internal sealed class RoutingTableFile(string path)
{
    /// <summary>
    /// Maximum length of the file in bytes. The tables of both address families take less than 40,000 bytes. A file
    /// longer than this limit is therefore not a saved table, and is ignored.
    /// </summary>
    private const int MaxLength = 1 << 20;

    private static readonly BencodeLimits s_limits = new() { MaxDepth = 2, MaxTokens = 8, MaxLength = MaxLength };

    /// <summary>
    /// Reads the saved routing table of each address family. Returns no tables if the file does not exist or is
    /// unreadable, too long or malformed.
    /// </summary>
    public IReadOnlyDictionary<AddressFamily, ReadOnlyMemory<byte>> Load()
    {
        var tables = new Dictionary<AddressFamily, ReadOnlyMemory<byte>>();
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: <= MaxLength })
                return tables;
            BencodeValue root = BencodeValue.Parse(File.ReadAllBytes(path), s_limits);
            foreach (
                AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            {
                if (root.BytesAt(KeyOf(family)) is { } table)
                    tables[family] = table;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BencodeException)
        {
            // Without saved nodes, the node joins through the bootstrap nodes.
        }

        return tables;
    }

    /// <summary>
    /// Writes the routing tables to the file. If writing fails, the previous file remains and no error is reported. The
    /// IPv4 table must come first, because bencoding requires sorted keys.
    /// </summary>
    public void Save(IEnumerable<(AddressFamily Family, byte[] Table)> tables)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(bytes);
        writer.BeginDictionary();
        foreach ((AddressFamily family, byte[] table) in tables)
            writer.WriteBytes(KeyOf(family), table);
        writer.End();
        try
        {
            AtomicFile.Write(path, bytes.WrittenSpan, ownerOnly: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not reported, because without the file the next start only takes a few seconds longer.
        }
    }

    private static ReadOnlySpan<byte> KeyOf(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? "v4"u8 : "v6"u8;
}
