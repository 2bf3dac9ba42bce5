using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

internal abstract class OutgoingQuery
{
    public NodeAddress To { get; private set; }

    public uint Key { get; private set; }

    /// <summary>Time at which the query was sent, in milliseconds of the node's clock.</summary>
    public long SentAt { get; private set; }

    /// <summary>Whether the short time-out has passed (<see cref="RoundTripTimes.ShortTimeout"/>).</summary>
    public bool IsLate { get; set; }

    /// <summary>Whether the query was answered or has reached its final time-out.</summary>
    public bool IsOver { get; set; }

    public void Begin(uint key, NodeAddress to, long now)
    {
        Key = key;
        To = to;
        SentAt = now;
    }

    /// <summary>
    /// Handles the response or error message that answers the query. The message is valid only during the call.
    /// </summary>
    public abstract void OnAnswer(in KrpcMessage answer);

    /// <summary>Handles the short time-out. A response may still arrive.</summary>
    public virtual void OnLate()
    {
    }

    /// <summary>Handles the final time-out.</summary>
    public abstract void OnTimeout();
}
