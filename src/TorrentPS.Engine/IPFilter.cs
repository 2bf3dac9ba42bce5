using System.IO.Compression;
using System.Net;
using TorrentPS.Protocol.AddressFilter;

namespace TorrentPS.Engine;

/// <summary>
/// An IP filter: a list of address ranges with which a session exchanges no data
/// (<see cref="SessionSettings.IPFilter"/>). The object is immutable. <see cref="FilterListParser"/> describes the
/// formats of a list.
/// </summary>
public sealed class IPFilter
{
    /// <summary>
    /// Maximum length of a list in bytes, after decompression. A list of a million ranges takes about 60 MB.
    /// </summary>
    private const long MaxLength = 1L << 30;

    /// <summary>Maximum length of a line in bytes. A longer line is invalid. Lines rarely exceed 200 bytes.</summary>
    private const int MaxLineLength = 4096;

    private readonly AddressRangeSet _ranges;

    private IPFilter(string? path, DateTime modified, FilterListParser? list)
    {
        Path = path;
        Modified = modified;
        _ranges = list?.Build() ?? AddressRangeSet.Empty;
        InvalidLines = list?.InvalidLines ?? 0;
    }

    /// <summary>The filter without address ranges. It blocks no address.</summary>
    public static IPFilter None { get; } = new(null, default, null);

    /// <summary>Full path of the file from which the list was read; null for <see cref="None"/>.</summary>
    public string? Path { get; }

    /// <summary>
    /// Why <see cref="LoadSaved"/> could not read the file; null if the file was read. A session can't be opened with a
    /// filter whose file could not be read.
    /// </summary>
    public string? Fault { get; private init; }

    /// <summary>Number of address ranges, after overlapping and adjacent ranges were merged.</summary>
    public int RangeCount => _ranges.Count;

    /// <summary>Number of lines that are neither a range nor a comment.</summary>
    public int InvalidLines { get; }

    /// <summary>Returns whether an address is in the list.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="address"/> is null.</exception>
    public bool Contains(IPAddress address) => _ranges.Contains(address);

    /// <summary>Reads a list from a file. The file may be compressed with gzip.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="SessionException">
    /// The file can't be read, is too long, or contains no address range (<see cref="SessionErrorId.BadIPFilter"/>).
    /// </exception>
    public static IPFilter Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            DateTime modified = File.GetLastWriteTimeUtc(full);
            using FileStream file = File.OpenRead(full);
            bool isCompressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            using Stream text = isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
            FilterListParser list = Read(text);
            return list.Entries > 0
                ? new IPFilter(full, modified, list)
                : throw new InvalidDataException("it contains no address range");
        }
        catch (Exception error)
            when (error is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SessionException(
                SessionErrorId.BadIPFilter,
                $"Cannot use '{full}' as IP filter: {error.Message.TrimEnd('.')}. "
                + "Give a list in CIDR, .dat or .p2p format, plain or compressed with gzip.",
                error);
        }
    }

    /// <summary>
    /// Reads a list like <see cref="Load"/>. If the list can't be read, returns a filter with a <see cref="Fault"/>.
    /// The other saved settings then remain usable, but no session runs without the filter.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    public static IPFilter LoadSaved(string path)
    {
        try
        {
            return Load(path);
        }
        catch (SessionException error)
        {
            return new IPFilter(System.IO.Path.GetFullPath(path), default, null) { Fault = error.Message };
        }
    }

    /// <summary>Returns the path of the file; empty for <see cref="None"/>.</summary>
    public override string ToString() => Path ?? "";

    /// <summary>Modification time of the file when it was read, in UTC.</summary>
    internal DateTime Modified { get; }

    private static FilterListParser Read(Stream text)
    {
        var list = new FilterListParser();
        byte[] buffer = new byte[64 * 1024];
        int held = 0;
        bool isLineTooLong = false;
        long length = 0;
        for (int count; (count = text.Read(buffer, held, buffer.Length - held)) > 0;)
        {
            length += count;
            if (length > MaxLength)
                throw new InvalidDataException($"it is longer than {MaxLength >> 20} MiB");
            ReadOnlySpan<byte> unread = buffer.AsSpan(0, held + count);
            for (int end; (end = unread.IndexOf((byte)'\n')) >= 0; unread = unread[(end + 1)..])
            {
                list.Add(isLineTooLong ? "-"u8 : unread[..end]);
                isLineTooLong = false;
            }

            // A line that is too long is not kept in the buffer. It counts as one invalid line.
            isLineTooLong |= unread.Length > MaxLineLength;
            held = isLineTooLong ? 0 : unread.Length;
            unread[..held].CopyTo(buffer);
        }

        list.Add(isLineTooLong ? "-"u8 : buffer.AsSpan(0, held));
        return list;
    }
}

/// <summary>What a session's IP filter has stopped since the session was opened.</summary>
/// <param name="Incoming">Number of incoming connections that were closed.</param>
/// <param name="Outgoing">Number of peer addresses that were not added to a torrent's known addresses.</param>
/// <param name="Servers">Number of connections to trackers and web seeds that were not made.</param>
/// <param name="Dht">Number of DHT packets that were not sent, or were ignored when they arrived.</param>
public sealed record IPFilterCounts(long Incoming, long Outgoing, long Servers, long Dht);
