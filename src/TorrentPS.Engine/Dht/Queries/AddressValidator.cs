using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>Answers a query that was held during address validation.</summary>
/// <param name="packet">The query's packet.</param>
/// <param name="from">The query's source address.</param>
internal delegate void HeldQueryHandler(ReadOnlySpan<byte> packet, IPEndPoint from);

/// <summary>
/// Validates source addresses by pinging them. A query whose answer would exceed the source's anti-amplification quota
/// is held until the ping is answered or late. It is then answered: in full if the source has responded, otherwise
/// within the quota.
/// </summary>
internal sealed class AddressValidator(
    DhtClock clock, OutgoingQueries queries, AmplificationLimiter amplification, HeldQueryHandler answer)
{
    /// <summary>
    /// Maximum number of addresses that are pinged at the same time. Queries from further addresses are not held, but
    /// answered within their quota.
    /// </summary>
    private const int MaxPings = 256;

    /// <summary>Maximum number of held queries per address. A lookup sends one or two queries to a node.</summary>
    private const int MaxHeldQueries = 2;

    /// <summary>
    /// Maximum length of a held query in bytes. Enough for a query that is padded to the length of a usual response.
    /// </summary>
    private const int MaxHeldLength = 512;

    /// <summary>Length of this node's ping query in bytes. An address with a smaller quota is not pinged.</summary>
    private const int PingLength = 67;

    private readonly HeldQueryHandler _answer = answer;
    private readonly Dictionary<NodeAddress, ValidationPing> _pings = [];

    /// <summary>Holds a query until its source has answered a ping, or the ping is late.</summary>
    /// <returns>False if the query cannot be held and must be answered within the quota.</returns>
    public bool TryHold(ReadOnlySpan<byte> packet, NodeAddress from, IPEndPoint endPoint)
    {
        if (packet.Length > MaxHeldLength || GetOrSendPing(from, endPoint) is not { } ping
            || ping.Held.Count >= MaxHeldQueries)
            return false;
        ping.Held.Add(packet.ToArray());
        return true;
    }

    /// <summary>
    /// Pings a source address if its quota allows it. The routing table adds the node if it responds.
    /// </summary>
    public void Ping(NodeAddress from, IPEndPoint endPoint) => GetOrSendPing(from, endPoint);

    private ValidationPing? GetOrSendPing(NodeAddress from, IPEndPoint endPoint)
    {
        if (_pings.TryGetValue(from, out ValidationPing? ping))
            return ping;
        if (_pings.Count >= MaxPings || amplification.QuotaOf(from, clock.Now) < PingLength)
            return null;
        ping = new ValidationPing(this, endPoint);
        int sent = queries.Send(ping, new KrpcMessage { Method = KrpcMethod.Ping }, from, endPoint);
        if (sent == 0)
            return null;
        amplification.OnSent(from, sent, clock.Now);
        _pings.Add(from, ping);
        return ping;
    }

    /// <summary>The ping to one address, with the queries held for it.</summary>
    private sealed class ValidationPing(AddressValidator validator, IPEndPoint endPoint) : OutgoingQuery
    {
        public List<byte[]> Held { get; } = [];

        public override void OnAnswer(in KrpcMessage answer) => Release();

        public override void OnLate() => Release();

        public override void OnTimeout() => Release();

        /// <summary>
        /// Answers the held queries: in full if the address has been validated, otherwise within its quota.
        /// </summary>
        private void Release()
        {
            if (validator._pings.TryGetValue(To, out ValidationPing? current) && current == this)
                validator._pings.Remove(To);
            foreach (byte[] packet in Held)
                validator._answer(packet, endPoint);
            Held.Clear();
        }
    }
}
