using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>Answers a query that was held while its source address was validated.</summary>
internal delegate void HeldQueryHandler(ReadOnlySpan<byte> packet, IPEndPoint from);

/// <summary>
/// Validates source addresses by pinging them. If the full answer to a query exceeds the source's anti-amplification
/// quota, the query is held until the source answers the ping or the ping is late. If the source is then validated, the
/// query is answered in full, otherwise within the quota.
/// </summary>
internal sealed class AddressValidator(
    DhtClock clock, OutgoingQueries queries, AmplificationLimiter amplification, HeldQueryHandler answer)
{
    /// <summary>
    /// Maximum number of addresses that are pinged at a time. Queries from further addresses are not held, but answered
    /// within the quota.
    /// </summary>
    private const int MaxPings = 256;

    /// <summary>Maximum number of held queries per address. A lookup sends at most two queries to a node.</summary>
    private const int MaxHeldQueries = 2;

    /// <summary>
    /// Maximum length of a held query in bytes. This is enough for a query that is padded to the length of a usual
    /// response.
    /// </summary>
    private const int MaxHeldLength = 512;

    /// <summary>Length of this node's ping query in bytes. An address with a smaller quota is not pinged.</summary>
    private const int PingLength = 67;

    private readonly HeldQueryHandler _answer = answer;
    private readonly Dictionary<NodeAddress, ValidationPing> _pings = [];

    /// <summary>Holds a query until its source answers a ping or the ping is late.</summary>
    /// <returns>False if the query cannot be held. The caller must then answer the query within the quota.</returns>
    public bool TryHold(ReadOnlySpan<byte> packet, NodeAddress from, IPEndPoint endPoint)
    {
        if (packet.Length > MaxHeldLength || GetOrSendPing(from, endPoint) is not { } ping
            || ping.Held.Count >= MaxHeldQueries)
            return false;
        ping.Held.Add(packet.ToArray());
        return true;
    }

    /// <summary>
    /// Pings a source address if its quota allows the ping. The node is added to the routing table if it responds.
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

    private sealed class ValidationPing(AddressValidator validator, IPEndPoint endPoint) : OutgoingQuery
    {
        public List<byte[]> Held { get; } = [];

        public override void OnAnswer(in KrpcMessage answer) => AnswerHeld();

        public override void OnLate() => AnswerHeld();

        public override void OnTimeout() => AnswerHeld();

        /// <summary>
        /// Answers the held queries: in full if the address has been validated, otherwise within its quota.
        /// </summary>
        private void AnswerHeld()
        {
            if (validator._pings.TryGetValue(To, out ValidationPing? current) && current == this)
                validator._pings.Remove(To);
            foreach (byte[] packet in Held)
                validator._answer(packet, endPoint);
            Held.Clear();
        }
    }
}
