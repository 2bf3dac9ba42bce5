using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>Handles a response and its round-trip time. The message is valid only during the call.</summary>
internal delegate void ResponseHandler(in KrpcMessage answer, TimeSpan roundTrip);

/// <summary>
/// A query to one node outside any lookup. Calls <paramref name="onResponse"/> with the response, or
/// <paramref name="onFailure"/> on an error message or the final time-out.
/// </summary>
internal sealed class DirectQuery(DhtClock clock, ResponseHandler? onResponse = null, Action? onFailure = null)
    : OutgoingQuery
{
    public override void OnAnswer(in KrpcMessage answer)
    {
        if (answer.Kind == KrpcKind.Response)
            onResponse?.Invoke(answer, TimeSpan.FromMilliseconds(clock.Now - SentAt));
        else
            onFailure?.Invoke();
    }

    public override void OnTimeout() => onFailure?.Invoke();
}
