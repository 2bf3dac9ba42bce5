using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Reports refused connections to the event log. The first refusal of an origin is reported at once. Further ones are
/// counted and reported as one event per <see cref="Interval"/>, so that an attack can't displace other events.
/// </summary>
internal sealed class RefusalHandler(SwarmState swarm)
{
    /// <summary>
    /// Length of the period in which refusals of one origin are counted for one event. With one minute, the counts are
    /// recent, and an attack by one origin adds only 60 events per hour.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Maximum number of origins whose refusals are counted separately. Refusals of further origins are counted
    /// together. At this maximum, an attack takes over an hour to fill the event log
    /// (<see cref="SessionEventLog.Capacity"/>).
    /// </summary>
    public const int MaxOrigins = 20;

    private readonly Dictionary<PeerOrigin, Refusals> _origins = [];
    private readonly Refusals _others = new(null);

    /// <summary>Reports a refused connection, or counts it for a later report.</summary>
    /// <param name="peer">The peer's address.</param>
    /// <param name="reason">The reason for the refusal.</param>
    /// <param name="incoming">Whether the peer opened the connection.</param>
    public void OnRefused(IPEndPoint peer, DisconnectReason reason, bool incoming)
    {
        // The port is left out, because the origin of a loopback address would include it.
        var origin = new PeerOrigin(new IPEndPoint(peer.Address, 0));
        if (!_origins.TryGetValue(origin, out Refusals? refusals))
        {
            if (_origins.Count < MaxOrigins)
            {
                _origins.Add(origin, new Refusals(peer) { Since = swarm.Uptime });
                swarm.Host.Report(SessionEventKind.PeerRefused, EventMessages.Refused(reason, incoming), peer);
                return;
            }

            refusals = _others;
        }

        refusals.Count++;
        refusals.Reason = reason;
    }

    /// <summary>Reports the counted refusals whose <see cref="Interval"/> has passed.</summary>
    public void OnTick()
    {
        ReportIfDue(_others);
        foreach ((PeerOrigin origin, Refusals refusals) in _origins)
        {
            if (!ReportIfDue(refusals))
                _origins.Remove(origin);
        }
    }

    /// <summary>
    /// Reports the counted refusals if their <see cref="Interval"/> has passed. Returns false if it passed without a
    /// refusal.
    /// </summary>
    private bool ReportIfDue(Refusals refusals)
    {
        if (swarm.Uptime - refusals.Since < Interval)
            return true;
        refusals.Since = swarm.Uptime;
        if (refusals.Count == 0)
            return false;
        swarm.Host.Report(
            SessionEventKind.PeerRefused, EventMessages.RefusedMore(refusals.Count, refusals.Reason), refusals.Peer);
        refusals.Count = 0;
        return true;
    }

    /// <param name="peer">The peer that was refused first; null for the refusals of many origins.</param>
    private sealed class Refusals(IPEndPoint? peer)
    {
        public IPEndPoint? Peer { get; } = peer;

        public TimeSpan Since { get; set; }

        public int Count { get; set; }

        public DisconnectReason Reason { get; set; }
    }
}
