using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Has one torrent's trackers told, from the first time that it starts to the last time that it leaves.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The announcer is stopped in EndAsync, which every torrent comes to.")]
internal sealed class TorrentTrackers(
    TorrentMetainfo metainfo, SessionResources session, int port, Func<TorrentStatus> status, ITrackerEvents events, Random random)
{
    private TrackerAnnouncer? _announcer;
    private Task _leaving = Task.CompletedTask;

    /// <summary>What each tracker last said; empty while they are not told.</summary>
    public IReadOnlyList<TrackerStatus> Statuses => _announcer?.Statuses ?? [];

    /// <summary>Tells them that we are here, and goes on telling them.</summary>
    public void Start()
    {
        if (metainfo.Trackers.Count == 0)
            return;
        _announcer = new TrackerAnnouncer(
            Tiers(), metainfo.WireHash, session.PeerId, Progress, session.Trackers, events, session.Time, new Random(random.Next()));
        _announcer.Start();
    }

    /// <summary>Tells them that we have everything now.</summary>
    public void NotifyCompleted() => _announcer?.NotifyCompleted();

    /// <summary>Begins to tell them that we leave for now.</summary>
    public void Leave() => _leaving = LeaveAsync();

    /// <summary>Tells them that we leave; ends when all farewells are said or given up.</summary>
    public Task EndAsync() => Task.WhenAll(_leaving, LeaveAsync());

    private async Task LeaveAsync()
    {
        if (Interlocked.Exchange(ref _announcer, null) is not { } announcer)
            return;
        await announcer.StopAsync(session.Settings.CloseGrace);
    }

    private IEnumerable<IEnumerable<Uri>> Tiers() => metainfo.Trackers.Select(
        tier => tier.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>());

    private AnnounceProgress Progress()
    {
        TorrentStatus now = status();

        // A tracker counts who lacks nothing as a seed, so what is lacking is of the whole torrent, wanted or not.
        long left = Math.Min(metainfo.Size, (long)(now.PieceCount - now.PiecesHave) * metainfo.PieceLength);
        return new AnnounceProgress(now.Uploaded, now.Downloaded, left, (ushort)port);
    }
}
