using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>One query of ours from its sending to its end.</summary>
internal abstract class OutgoingQuery
{
    /// <summary>Whom it asks.</summary>
    public NodeAddress To { get; private set; }

    /// <summary>Its transaction id.</summary>
    public uint Key { get; private set; }

    public long SentAt { get; private set; }

    /// <summary>Whether the short time-out has passed.</summary>
    public bool IsLate { get; set; }

    /// <summary>Whether it was answered, timed out or given up.</summary>
    public bool IsOver { get; set; }

    public void Begin(uint key, NodeAddress to, long now)
    {
        Key = key;
        To = to;
        SentAt = now;
    }

    /// <summary>A response came, or an error.</summary>
    public abstract void Answered(in KrpcMessage answer);

    /// <summary>The short time-out passed; an answer may still come.</summary>
    public virtual void Late()
    {
    }

    /// <summary>No answer came.</summary>
    public abstract void Failed();
}
