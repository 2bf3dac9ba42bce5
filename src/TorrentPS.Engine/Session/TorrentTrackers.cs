using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Announces one torrent to its trackers, from each call of <see cref="Start"/> to the next call of
/// <see cref="Leave"/>. Passes the peers that the trackers return to the torrent. Thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "EndAsync stops the announcer when the torrent ends.")]
internal sealed class TorrentTrackers : ITrackerEvents
{
    /// <summary>
    /// Maximum number of trackers whose failure a warning describes. With more trackers, the warning would be too long.
    /// </summary>
    private const int MaxNamedTrackers = 3;

    private readonly InfoHash _infoHash;
    private readonly List<List<Uri>> _tiers;
    private readonly TorrentIdentity _identity;
    private readonly SessionResources _session;
    private readonly IDiscoveryUser _user;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private TrackerAnnouncer _announcer;
    private bool _isAnnounced;

    /// <summary>Completes when the <c>stopped</c> announces of all earlier announcers have ended.</summary>
    private Task _stopped = Task.CompletedTask;

    public TorrentTrackers(
        InfoHash infoHash,
        IReadOnlyList<IReadOnlyList<string>> tiers,
        TorrentIdentity identity,
        SessionResources session,
        IDiscoveryUser user,
        Random random)
    {
        _infoHash = infoHash;
        _tiers = [.. tiers.Select(tier => tier.Select(Parse).OfType<Uri>().ToList())];
        _identity = identity;
        _session = session;
        _user = user;
        _random = random;
        _announcer = CreateAnnouncer();
    }

    /// <summary>
    /// The status of each tracker, with the result of the last announce to it. The results remain available while the
    /// torrent is paused and after it has ended.
    /// </summary>
    public IReadOnlyList<TrackerStatus> Statuses
    {
        get
        {
            lock (_gate)
                return _announcer.Statuses;
        }
    }

    /// <summary>The current announce URLs by tier.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Tiers
    {
        get
        {
            lock (_gate)
                return [.. _tiers.Select(tier => tier.Select(url => url.OriginalString).ToArray())];
        }
    }

    /// <summary>
    /// Announces <c>started</c> to the trackers at once. If <c>stopped</c> is still being announced, announces
    /// <c>started</c> after it, because a tracker drops a peer whose <c>stopped</c> arrives last. Does nothing if the
    /// torrent is announced already.
    /// </summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_isAnnounced)
                return;
            _isAnnounced = true;
            _announcer = CreateAnnouncer();
            _ = StartAfterAsync(_stopped, _announcer);
        }
    }

    /// <summary>
    /// Announces to the trackers that the download is complete (event <c>completed</c>). Does nothing before
    /// <see cref="Start"/> and after <see cref="Leave"/>.
    /// </summary>
    public void NotifyCompleted()
    {
        lock (_gate)
        {
            if (_isAnnounced)
                _announcer.NotifyCompleted();
        }
    }

    /// <summary>
    /// Returns a message for the user if the last completed announce to each of the torrent's trackers failed. Returns
    /// null otherwise, and for a torrent without trackers.
    /// </summary>
    /// <param name="name">The name of the torrent.</param>
    public string? WarningFor(string name)
    {
        IReadOnlyList<TrackerStatus> trackers = Statuses;
        if (trackers.Count == 0 || trackers.Any(tracker => tracker.Failure is null))
            return null;
        string[] failures =
        [
            .. trackers.Take(MaxNamedTrackers)
                .Select(tracker => $"{EventMessages.Shorten(tracker.Url)}: {tracker.Failure}"),
        ];
        if (trackers.Count == 1)
            return $"The tracker of '{name}' fails. {failures[0]}";
        string more = trackers.Count > MaxNamedTrackers ? $" ({trackers.Count - MaxNamedTrackers} more)" : "";
        return $"All trackers of '{name}' fail. {string.Join(" ", failures)}{more}";
    }

    /// <summary>Announces at once, or as soon as the tracker's minimum interval allows.</summary>
    /// <param name="force">Whether to ignore the minimum interval.</param>
    /// <returns>
    /// When the announce is sent; null before <see cref="Start"/>, after <see cref="Leave"/>, and if the torrent has no
    /// tracker.
    /// </returns>
    public DateTimeOffset? AnnounceNow(bool force)
    {
        lock (_gate)
            return _announcer.AnnounceNow(force);
    }

    /// <summary>Adds a tracker. If the torrent is running, announces it to the new tracker at once.</summary>
    /// <returns>False if the torrent has the tracker already.</returns>
    /// <exception cref="SessionException">
    /// The URL cannot be used, or the torrent has the maximum number of trackers
    /// (<see cref="SessionErrorId.InvalidTracker"/>).
    /// </exception>
    public bool Add(Uri url, int? tier)
    {
        lock (_gate)
        {
            if (_announcer.Statuses.Any(status => status.Url == url))
                return false;
            Check(url);
            if (!_announcer.Add(url, tier))
                throw Invalid(url, $"The torrent has {AnnounceSchedule.MaxTrackers} trackers, the maximum.");
            int index = Math.Min(tier ?? _tiers.Count, _tiers.Count);
            if (index == _tiers.Count)
                _tiers.Add([]);
            _tiers[index].Add(url);
        }

        _user.Report(SessionEventKind.SettingsChanged, $"Tracker added: {EventMessages.Shorten(url)}.");
        return true;
    }

    /// <summary>Removes a tracker. If the tracker knows of this client, announces <c>stopped</c> to it.</summary>
    /// <returns>False if the torrent does not have the tracker.</returns>
    public bool Remove(Uri url)
    {
        lock (_gate)
        {
            if (!_announcer.Remove(url))
                return false;
            foreach (List<Uri> tier in _tiers)
                tier.RemoveAll(tracker => tracker == url);
        }

        _user.Report(SessionEventKind.SettingsChanged, $"Tracker removed: {EventMessages.Shorten(url)}.");
        return true;
    }

    /// <summary>Scrapes the trackers, and returns their statuses.</summary>
    public async Task<IReadOnlyList<TrackerStatus>> ScrapeAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        TrackerAnnouncer announcer;
        lock (_gate)
            announcer = _announcer;
        await announcer.ScrapeAsync(timeout, cancellation);
        return announcer.Statuses;
    }

    /// <summary>Starts to announce <c>stopped</c>. Returns at once. <see cref="Start"/> may be called again.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (!_isAnnounced)
                return;
            _isAnnounced = false;
            _stopped = Task.WhenAll(_stopped, _announcer.StopAsync(_session.Settings.CloseGrace));
        }
    }

    /// <summary>
    /// Calls <see cref="Leave"/>. Completes when the trackers have answered <c>stopped</c>, at the latest after
    /// <see cref="SessionSettings.CloseGrace"/>.
    /// </summary>
    public Task EndAsync()
    {
        Leave();
        lock (_gate)
            return _stopped;
    }

    void ITrackerEvents.PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers) =>
        _user.PeersFound(peers, PeerSource.Tracker);

    void ITrackerEvents.ExternalAddressReported(Uri tracker, IPAddress address) =>
        _session.ExternalAddress.AddVote(ExternalAddressSource.Tracker, tracker.IdnHost, address);

    void ITrackerEvents.Announced(TrackerStatus status)
    {
        string tracker = EventMessages.Shorten(status.Url);
        if (status.State == TrackerState.Failed)
        {
            _user.Report(SessionEventKind.TrackerFailed, $"The announce to {tracker} failed: {status.Failure}");
            return;
        }

        string peers = status.PeersReceived == 1 ? "1 peer" : $"{status.PeersReceived} peers";
        string warning = status.Message is null ? "" : $" Warning: {status.Message}";
        _user.Report(SessionEventKind.TrackerAnswered, $"{tracker} answered with {peers}.{warning}");
    }

    private static async Task StartAfterAsync(Task stopped, TrackerAnnouncer announcer)
    {
        await stopped;
        announcer.Start();
    }

    private TrackerAnnouncer CreateAnnouncer() => new(
        _tiers,
        _infoHash,
        _identity.PeerId,
        _identity.TrackerKey,
        () => _user.Progress,
        _session.Trackers,
        this,
        _session.Time,
        new Random(_random.Next()));

    private static Uri? Parse(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null;

    private static void Check(Uri url)
    {
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https" or "udp"))
            throw Invalid(url, "A tracker's URL begins with http://, https:// or udp://.");
        if (url is { Scheme: "udp", Port: <= 0 })
            throw Invalid(url, "The URL of a UDP tracker contains a port, such as udp://tracker.example:6969.");
    }

    private static SessionException Invalid(Uri url, string problem) => new(
        SessionErrorId.InvalidTracker,
        $"Cannot add the tracker '{(url.IsAbsoluteUri ? EventMessages.Shorten(url) : url)}'. {problem}");
}
