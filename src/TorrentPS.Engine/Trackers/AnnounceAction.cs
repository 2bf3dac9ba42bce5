using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>An announce that is due.</summary>
/// <param name="Tracker">Whom to tell.</param>
/// <param name="Event">Why.</param>
/// <param name="TrackerId">What the tracker asked to be reminded of.</param>
internal sealed record AnnounceAction(Uri Tracker, AnnounceEvent Event, string? TrackerId);
