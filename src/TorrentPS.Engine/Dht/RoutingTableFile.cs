using System.Buffers;
using System.Net.Sockets;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Engine.Dht;

/// <summary>The nodes of both families in one file, for the next start. A bencoded dictionary: <c>v4</c> and <c>v6</c>, each as its node wrote it.</summary>
internal sealed class RoutingTableFile(string path)
{
    /// <summary>The longest file read, in bytes: two whole routing tables are a tenth of it.</summary>
    private const int MaxLength = 1 << 20;

    private static readonly BencodeLimits s_limits = new() { MaxDepth = 2, MaxTokens = 8, MaxLength = MaxLength };

    /// <summary>Reads what was saved of each family; nothing when there is no file or it can't be read.</summary>
    public IReadOnlyDictionary<AddressFamily, ReadOnlyMemory<byte>> Load()
    {
        var tables = new Dictionary<AddressFamily, ReadOnlyMemory<byte>>();
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: <= MaxLength })
                return tables;
            BencodeValue root = BencodeValue.Parse(File.ReadAllBytes(path), s_limits);
            foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            {
                if (root.BytesAt(KeyOf(family)) is { } table)
                    tables[family] = table;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BencodeException)
        {
            // A file that can't be read is as good as none: the bootstrap nodes know the way, too.
        }

        return tables;
    }

    /// <summary>Writes the whole file, or leaves the old one.</summary>
    /// <param name="tables">The tables in the order of their keys.</param>
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
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, bytes.WrittenSpan);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next start takes a few seconds longer; that is no reason to fail this one.
        }
    }

    private static ReadOnlySpan<byte> KeyOf(AddressFamily family) => family == AddressFamily.InterNetwork ? "v4"u8 : "v6"u8;
}
