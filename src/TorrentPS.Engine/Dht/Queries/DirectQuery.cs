using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>Sees an answer; the message is valid only during the call.</summary>
internal delegate void AnswerHandler(in KrpcMessage answer, TimeSpan roundTrip);

/// <summary>A query to one node that belongs to no lookup.</summary>
/// <param name="clock">The clock.</param>
/// <param name="answered">Told when a response comes.</param>
/// <param name="failed">Told when an error or nothing comes.</param>
internal sealed class DirectQuery(DhtClock clock, AnswerHandler? answered = null, Action? failed = null) : OutgoingQuery
{
    public override void Answered(in KrpcMessage answer)
    {
        if (answer.Kind == KrpcKind.Response)
            answered?.Invoke(answer, TimeSpan.FromMilliseconds(clock.Now - SentAt));
        else
            failed?.Invoke();
    }

    public override void Failed() => failed?.Invoke();
}
