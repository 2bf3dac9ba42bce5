using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// Stores which source addresses are validated, and limits the bytes sent to other addresses (anti-amplification
/// limit). Such an address is sent no more bytes than were received from it. Without the limit, an attacker could forge
/// source addresses, and this node's answers would flood the owners of these addresses.
/// </summary>
/// <remarks>
/// An address is validated when it answers a query or presents a write token of this node. The table has a fixed size:
/// a keyed hash of the address selects one of its sets of eight entries. An attacker therefore cannot choose the
/// address that a new address replaces. In a full set, a new address replaces the least recently used address that is
/// not validated. If all addresses of the set are validated, it replaces the least recently used one. A replaced
/// address loses its validation and its quota.
/// </remarks>
internal sealed class AmplificationLimiter
{
    /// <summary>
    /// Number of entries in the table. Each entry takes 24 bytes. It is rare that more addresses than this send queries
    /// within <see cref="ValidationLifetime"/>.
    /// </summary>
    private const int Capacity = 2048;

    /// <summary>
    /// Milliseconds for which an address stays validated. A node also stays good for this time after a response.
    /// </summary>
    private const long ValidationLifetime = NodeEntry.GoodFor;

    /// <summary>Maximum quota of an address in bytes. It is enough for three answers of maximum length.</summary>
    private const int MaxQuota = 4096;

    /// <summary>Number of entries in a set. The hash of an address selects the set.</summary>
    private const int EntriesPerSet = 8;

    private readonly Entry[] _entries = new Entry[Capacity];
    private readonly ulong _key;

    public AmplificationLimiter(Random random)
    {
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        random.NextBytes(key);
        _key = BitConverter.ToUInt64(key);
    }

    /// <summary>Adds the length of a received packet, in bytes, to the quota of its source.</summary>
    public void OnReceived(NodeAddress source, int bytes, long now)
    {
        ref Entry entry = ref GetEntry(source, now);
        entry.Quota = Math.Min(entry.Quota + bytes, MaxQuota);
    }

    /// <summary>
    /// Returns the number of bytes that may be sent to an address now. The number is <see cref="int.MaxValue"/> if the
    /// address is validated.
    /// </summary>
    public int QuotaOf(NodeAddress source, long now)
    {
        ref Entry entry = ref GetEntry(source, now);
        return entry.ValidatedUntil > Seconds(now) ? int.MaxValue : entry.Quota;
    }

    /// <summary>Subtracts the length of a sent packet, in bytes, from the quota of its destination.</summary>
    public void OnSent(NodeAddress source, int bytes, long now)
    {
        ref Entry entry = ref GetEntry(source, now);
        entry.Quota = Math.Max(entry.Quota - bytes, 0);
    }

    /// <summary>
    /// Marks an address as validated for <see cref="ValidationLifetime"/>. Called when the address has received a
    /// packet of this node.
    /// </summary>
    public void Validate(NodeAddress source, long now) =>
        GetEntry(source, now).ValidatedUntil = Seconds(now + ValidationLifetime);

    private static int Seconds(long milliseconds) => (int)(milliseconds / DhtClock.Second);

    private ref Entry GetEntry(NodeAddress source, long now)
    {
        // The hash is never 0, which marks an unused entry.
        ulong hash = source.Hash(_key) | 1;
        Span<Entry> set = _entries.AsSpan((int)(hash >> 32) & (Capacity - EntriesPerSet), EntriesPerSet);
        int seconds = Seconds(now);
        int oldest = 0;
        for (int i = 0; i < EntriesPerSet; i++)
        {
            if (set[i].Hash == hash)
            {
                set[i].LastUsed = seconds;
                return ref set[i];
            }

            bool isValidated = set[i].ValidatedUntil > seconds;
            bool oldestIsValidated = set[oldest].ValidatedUntil > seconds;
            if (isValidated == oldestIsValidated ? set[i].LastUsed < set[oldest].LastUsed : oldestIsValidated)
                oldest = i;
        }

        set[oldest] = new Entry { Hash = hash, LastUsed = seconds };
        return ref set[oldest];
    }

    private struct Entry
    {
        public ulong Hash;
        public int ValidatedUntil;
        public int LastUsed;
        public int Quota;
    }
}
