using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>Makes the message that is stored; the token comes from the node.</summary>
internal delegate KrpcMessage StoreMessage();

/// <summary>The end of a lookup that announces or puts: the same message to each of the nearest nodes, with the token that it gave.</summary>
internal sealed class StoreQueries(OutgoingQueries queries, StoreMessage message, Action ended)
{
    private const int TimesToSend = 2;

    private readonly HashSet<LookupCandidate> _stored = [];
    private int _open;

    /// <summary>How many nodes said that they took it.</summary>
    public int Stored => _stored.Count;

    public void Begin(IReadOnlyList<LookupCandidate> places)
    {
        _open = 1;
        foreach (LookupCandidate place in places)
            Send(place, 1);
        Close();
    }

    private void Send(LookupCandidate place, int time)
    {
        KrpcMessage what = message();
        var filled = new KrpcMessage
        {
            Method = what.Method,
            Target = what.Target,
            Token = place.Token,
            Port = what.Port,
            ImpliedPort = what.ImpliedPort,
            IsSeed = what.IsSeed,
            Value = what.Value,
        };
        if (queries.Send(new StoreQuery(this, place, time), filled, place.Node.Address, place.EndPoint) > 0)
            _open++;
    }

    private void Close()
    {
        if (--_open == 0)
            ended();
    }

    /// <summary>One node's.</summary>
    private sealed class StoreQuery(StoreQueries storing, LookupCandidate place, int time) : OutgoingQuery
    {
        public override void Answered(in KrpcMessage answer)
        {
            if (answer.Kind == KrpcKind.Response)
                storing._stored.Add(place);
            if (!IsLate)
                storing.Close();
        }

        /// <summary>Packets get lost; nobody waits longer than for two that come late.</summary>
        public override void Late()
        {
            if (time < TimesToSend)
                storing.Send(place, time + 1);
            storing.Close();
        }

        public override void Failed()
        {
        }
    }
}
