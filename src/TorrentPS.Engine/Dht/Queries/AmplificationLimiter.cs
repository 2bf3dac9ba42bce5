using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// What each source sent and was sent, so that nobody can be flooded through us: the sender's address of a packet can be forged, and until
/// a source has proven that it receives what we send there, it gets no more bytes than came from it.
/// </summary>
/// <remarks>
/// A source proves itself when it answers a query of ours, or presents a write token. A table of fixed size: sets of eight
/// by a keyed hash, so that a flood of forged addresses pushes out other unproven sources first, and nobody can aim at one. Who is pushed
/// out loses its account, never gains.
/// </remarks>
internal sealed class AmplificationLimiter
{
    /// <summary>24 bytes each. More hosts than this seldom ask within the minutes that a proof holds.</summary>
    public const int Capacity = 2048;

    /// <summary>How long a proof holds: as long as a node counts as good.</summary>
    public const long ProofLifetime = NodeEntry.GoodFor;

    /// <summary>The most that can be saved up, in bytes: three packets' worth.</summary>
    private const int MaxBudget = 4096;

    private const int Ways = 8;

    private readonly Account[] _accounts = new Account[Capacity];
    private readonly ulong _key;

    public AmplificationLimiter(Random random)
    {
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        random.NextBytes(key);
        _key = BitConverter.ToUInt64(key);
    }

    /// <summary>A packet came from a source.</summary>
    public void Credit(NodeAddress source, int bytes, long now)
    {
        ref Account account = ref Open(source, now);
        account.Budget = Math.Min(account.Budget + bytes, MaxBudget);
    }

    /// <summary>How many bytes may be sent to a source.</summary>
    public int BudgetOf(NodeAddress source, long now)
    {
        ref Account account = ref Open(source, now);
        return account.ProvenUntil > Seconds(now) ? int.MaxValue : account.Budget;
    }

    /// <summary>A packet went to a source.</summary>
    public void Charge(NodeAddress source, int bytes, long now)
    {
        ref Account account = ref Open(source, now);
        account.Budget = Math.Max(account.Budget - bytes, 0);
    }

    /// <summary>A source showed that it receives what we send.</summary>
    public void Prove(NodeAddress source, long now) => Open(source, now).ProvenUntil = Seconds(now + ProofLifetime);

    public bool IsProven(NodeAddress source, long now) => Open(source, now).ProvenUntil > Seconds(now);

    private static int Seconds(long milliseconds) => (int)(milliseconds / DhtClock.Second);

    private ref Account Open(NodeAddress source, long now)
    {
        // Zero marks a place that was never used.
        ulong hash = source.Hash(_key) | 1;
        Span<Account> set = _accounts.AsSpan((int)(hash >> 32) & (Capacity - Ways), Ways);
        int seconds = Seconds(now);
        int oldest = 0;
        for (int i = 0; i < Ways; i++)
        {
            if (set[i].Hash == hash)
            {
                set[i].LastUsed = seconds;
                return ref set[i];
            }

            bool isProven = set[i].ProvenUntil > seconds;
            bool oldestIsProven = set[oldest].ProvenUntil > seconds;
            if (isProven == oldestIsProven ? set[i].LastUsed < set[oldest].LastUsed : oldestIsProven)
                oldest = i;
        }

        set[oldest] = new Account { Hash = hash, LastUsed = seconds };
        return ref set[oldest];
    }

    private struct Account
    {
        public ulong Hash;
        public int ProvenUntil;
        public int LastUsed;
        public int Budget;
    }
}
