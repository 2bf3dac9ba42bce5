using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>Answers a query that was held back.</summary>
/// <param name="packet">The query as it came.</param>
/// <param name="from">Who asked.</param>
internal delegate void HeldQuery(ReadOnlySpan<byte> packet, IPEndPoint from);

/// <summary>
/// Sources that have not proven yet that they receive what is sent to them, and whose answer would be longer than what they sent: their query
/// waits while they are pinged, and is answered in full when they answered.
/// </summary>
internal sealed class AddressValidator(DhtClock clock, OutgoingQueries queries, AmplificationLimiter ledger, HeldQuery answer)
{
    /// <summary>How many sources may wait at once; when more come they get what their own bytes allow.</summary>
    private const int MaxWaiting = 256;

    /// <summary>How many queries of one source wait: a lookup sends one or two.</summary>
    private const int MaxHeld = 2;

    /// <summary>The longest query that waits, in bytes: one that is filled up to the length of a usual answer, but asks for a long item.</summary>
    private const int MaxHeldLength = 512;

    /// <summary>What a ping of ours takes in bytes.</summary>
    private const int PingLength = 67;

    private readonly HeldQuery _answer = answer;
    private readonly Dictionary<NodeAddress, ValidationPing> _waiting = [];

    /// <summary>Lets a query wait for its sender's proof.</summary>
    /// <returns>False when it can't wait and is to be answered as well as it may.</returns>
    public bool TryHold(ReadOnlySpan<byte> packet, NodeAddress from, IPEndPoint endPoint)
    {
        if (packet.Length > MaxHeldLength || Ask(from, endPoint) is not { } proof || proof.Held.Count >= MaxHeld)
            return false;
        proof.Held.Add(packet.ToArray());
        return true;
    }

    /// <summary>Gets to know a source that the routing table has a place for: pings it, if what it sent allows that.</summary>
    public void Greet(NodeAddress from, IPEndPoint endPoint) => Ask(from, endPoint);

    private ValidationPing? Ask(NodeAddress from, IPEndPoint endPoint)
    {
        if (_waiting.TryGetValue(from, out ValidationPing? proof))
            return proof;
        if (_waiting.Count >= MaxWaiting || ledger.BudgetOf(from, clock.Now) < PingLength)
            return null;
        proof = new ValidationPing(this, endPoint);
        int sent = queries.Send(proof, new KrpcMessage { Method = KrpcMethod.Ping }, from, endPoint);
        if (sent == 0)
            return null;
        ledger.Charge(from, sent, clock.Now);
        _waiting.Add(from, proof);
        return proof;
    }

    /// <summary>The ping that asks for the proof.</summary>
    private sealed class ValidationPing(AddressValidator validator, IPEndPoint endPoint) : OutgoingQuery
    {
        public List<byte[]> Held { get; } = [];

        public override void Answered(in KrpcMessage answer) => Release();

        public override void Late() => Release();

        public override void Failed() => Release();

        /// <summary>Proven or not: the ledger knows, and the answers come out accordingly.</summary>
        private void Release()
        {
            if (validator._waiting.TryGetValue(To, out ValidationPing? waiting) && waiting == this)
                validator._waiting.Remove(To);
            foreach (byte[] packet in Held)
                validator._answer(packet, endPoint);
            Held.Clear();
        }
    }
}
