using System.Buffers;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>Writes a metainfo file in canonical bencoding: the info dictionary and the fields around it.</summary>
internal sealed class MetainfoWriter
{
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    public string? Comment { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? CreationDate { get; init; }

    public IReadOnlyList<string> HttpSeeds { get; init; } = [];

    public IReadOnlyList<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>
    /// Piece layers, each with the <c>pieces root</c> of its file (BEP 52), or null for a torrent without piece layers.
    /// </summary>
    public IEnumerable<(ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Layer)>? PieceLayers { get; init; }

    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Returns the encoded metainfo file.</summary>
    /// <param name="writeInfo">Callback that writes the info dictionary as the value of <c>info</c>.</param>
    public byte[] Write(Action<BencodeWriter> writeInfo)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        string[] trackers = [.. Trackers.SelectMany(tier => tier)];
        if (trackers.Length > 0)
            Text(writer, "announce"u8, trackers[0]);
        if (trackers.Length > 1)
            WriteTiers(writer);
        Text(writer, "comment"u8, Comment);
        Text(writer, "created by"u8, CreatedBy);
        if (CreationDate is { } date)
            writer.WriteNumber("creation date"u8, date.ToUnixTimeSeconds());
        if (HttpSeeds.Count > 0)
            TextList(writer, "httpseeds"u8, HttpSeeds);
        writer.WriteKey("info"u8);
        writeInfo(writer);
        if (Nodes.Count > 0)
            WriteNodes(writer);
        if (PieceLayers is not null)
            WritePieceLayers(writer, PieceLayers);
        if (WebSeeds.Count > 0)
            TextList(writer, "url-list"u8, WebSeeds);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    public static void Text(BencodeWriter writer, ReadOnlySpan<byte> key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            writer.WriteText(key, value);
    }

    public static void TextList(BencodeWriter writer, ReadOnlySpan<byte> key, IReadOnlyList<string> values)
    {
        writer.WriteKey(key);
        writer.BeginList();
        foreach (string value in values)
            writer.WriteText(value);
        writer.End();
    }

    private void WriteTiers(BencodeWriter writer)
    {
        writer.WriteKey("announce-list"u8);
        writer.BeginList();
        foreach (IReadOnlyList<string> tier in Trackers.Where(tier => tier.Count > 0))
        {
            writer.BeginList();
            foreach (string url in tier)
                writer.WriteText(url);
            writer.End();
        }

        writer.End();
    }

    private void WriteNodes(BencodeWriter writer)
    {
        writer.WriteKey("nodes"u8);
        writer.BeginList();
        foreach (HostEndPoint node in Nodes)
        {
            writer.BeginList();
            writer.WriteText(node.Host);
            writer.WriteNumber(node.Port);
            writer.End();
        }

        writer.End();
    }

    /// <summary>
    /// Writes <c>piece layers</c>, with one entry for each distinct <c>pieces root</c>. Files with the same content
    /// have the same root, and therefore share an entry.
    /// </summary>
    private static void WritePieceLayers(
        BencodeWriter writer, IEnumerable<(ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Layer)> pieceLayers)
    {
        var byteOrder = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));
        var layers = new SortedDictionary<byte[], ReadOnlyMemory<byte>>(byteOrder);
        foreach ((ReadOnlyMemory<byte> root, ReadOnlyMemory<byte> layer) in pieceLayers)
            layers[root.ToArray()] = layer;
        writer.WriteKey("piece layers"u8);
        writer.BeginDictionary();
        foreach ((byte[] root, ReadOnlyMemory<byte> layer) in layers)
            writer.WriteBytes(root, layer.Span);
        writer.End();
    }
}
