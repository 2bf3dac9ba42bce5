using System.Net;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Hosting;

/// <summary>
/// The sessions of this process, one for each place to listen. A session opens with its first torrent and closes after its last
/// has ended, so that an idle shell holds no socket, thread or port.
/// </summary>
internal sealed class SessionHost
{
    /// <summary>How long a session that was needed without a torrent stays: the next question finds its DHT node acquainted.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, TorrentSession> _sessions = [];
    private readonly Dictionary<SessionKey, Task> _closing = [];
    private readonly List<(SessionKey Key, Torrent Torrent)> _running = [];
    private readonly List<(SessionKey Key, SessionLease Lease, bool IsReturned)> _leases = [];
    private readonly HashSet<string> _told = [];
    private bool _closesAtExit;

    /// <summary>The one host of the process: jobs and torrents outlive the runspace that started them.</summary>
    public static SessionHost Current { get; } = new();

    /// <summary>What holds for sessions that open.</summary>
    public ProcessSettings Settings { get; } = new(SavedSettings.Path);

    /// <summary>The torrents that have not ended, in the order they were started.</summary>
    public IReadOnlyList<Torrent> Torrents
    {
        get
        {
            lock (_gate)
                return [.. _running.Select(entry => entry.Torrent).Where(torrent => !torrent.Completion.IsCompleted)];
        }
    }

    /// <summary>The open sessions.</summary>
    public IReadOnlyList<TorrentSession> Sessions
    {
        get
        {
            lock (_gate)
                return [.. _sessions.Values];
        }
    }

    /// <summary>Starts a torrent in the session for <paramref name="key"/>, opening that when it is not there.</summary>
    /// <exception cref="SessionException">The torrent runs already, no port can be bound, or the settings can't be met.</exception>
    public Task<Torrent> StartAsync(SessionKey key, TorrentMetainfo metainfo, TorrentSettings settings, CancellationToken cancel) =>
        WithAsync(key, there => Add(there, session => session.Add(metainfo, settings)), cancel);

    /// <summary>Starts the torrent that a link names, as <see cref="StartAsync(SessionKey, TorrentMetainfo, TorrentSettings, CancellationToken)"/> does.</summary>
    /// <param name="key">Where to listen.</param>
    /// <param name="link">The link.</param>
    /// <param name="settings">What holds for the torrent.</param>
    /// <param name="settle">Completes the settings once the metadata is known.</param>
    /// <param name="cancel">Ends the wait for a session that is closing.</param>
    /// <exception cref="SessionException">The torrent runs already, no port can be bound, or the settings can't be met.</exception>
    public Task<Torrent> StartAsync(
        SessionKey key, MagnetLink link, TorrentSettings settings, Func<TorrentMetainfo, TorrentSettings, TorrentSettings> settle, CancellationToken cancel) =>
        WithAsync(key, there => Add(there, session => session.Add(link, settings, settle)), cancel);

    /// <summary>A session for other things than a torrent: one that is open and will do, or one opened for it.</summary>
    /// <param name="willDo">Whether a session that is open will do.</param>
    /// <param name="cancel">Ends the wait for a session that is closing.</param>
    public Task<SessionLease> BorrowAsync(Func<TorrentSession, bool> willDo, CancellationToken cancel)
    {
        SessionKey key;
        lock (_gate)
            key = _sessions.Where(entry => willDo(entry.Value)).Select(entry => entry.Key).FirstOrDefault() ?? Key(null, null);
        return WithAsync(key, Lend, cancel);
    }

    /// <summary>Where to listen: as asked for, and otherwise as the settings say.</summary>
    public SessionKey Key(int? port, IPAddress? bindAddress)
    {
        SessionSettings settings = Settings.Current;
        return new SessionKey(port ?? settings.Port, bindAddress ?? settings.BindAddress);
    }

    /// <summary>Makes settings hold, in open sessions too; but for port and address, for which idle sessions close.</summary>
    /// <returns>How many torrents run on where they listened before.</returns>
    public async Task<int> ChangeAsync(SessionSettings settings)
    {
        int left = 0;
        Task[] changing;
        lock (_gate)
        {
            SessionSettings before = Settings.Current;
            Settings.Current = settings;
            if (before.Port != settings.Port || !Equals(before.BindAddress, settings.BindAddress))
            {
                foreach (SessionKey key in _sessions.Keys.ToArray())
                {
                    _leases.RemoveAll(entry => entry.Key == key && entry.IsReturned);
                    if (!CloseIfUnused(key))
                        left += _running.Count(entry => entry.Key == key);
                }
            }

            // Begun in here, so that of two changes the later one holds.
            changing =
            [
                .. _sessions.Values.Select(session => session.ApplyAsync(
                    open => settings with { Port = open.Port, BindAddress = open.BindAddress })),
            ];
        }

        foreach (Task change in changing)
        {
            try
            {
                await change.ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Its last torrent has ended meanwhile.
            }
        }

        return left;
    }

    /// <summary>What does not work in open sessions as the settings say and has not been told yet; each once, however many torrents it concerns.</summary>
    public IReadOnlyList<string> TakeWarnings()
    {
        string[] all = [.. Sessions.SelectMany(session => session.Discovery.Warnings).Distinct()];
        lock (_gate)
        {
            _told.IntersectWith(all);
            return [.. all.Where(_told.Add)];
        }
    }

    /// <summary>Stops everything and closes every session; trackers are told within each session's grace.</summary>
    public async Task CloseAsync()
    {
        List<Task> closing;
        lock (_gate)
        {
            _running.Clear();
            _leases.Clear();
            foreach (SessionKey key in _sessions.Keys.ToArray())
                BeginClose(key);
            closing = [.. _closing.Values];
        }

        await Task.WhenAll(closing).ConfigureAwait(false);
    }

    private async Task<T> WithAsync<T>(SessionKey key, Func<SessionKey, T> use, CancellationToken cancel)
    {
        while (true)
        {
            Task? closing;
            lock (_gate)
            {
                if (!_closing.TryGetValue(key, out closing))
                    return use(Listening(key) ?? key);
            }

            // The port is free only once the last session on it is gone.
            await closing.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The session that has the port asked for without having been asked for it: the first free one may be it.</summary>
    private SessionKey? Listening(SessionKey key) => _sessions
        .Where(entry => key.Port is not null && entry.Value.ListenPort == key.Port && Equals(entry.Key.BindAddress, key.BindAddress))
        .Select(entry => entry.Key)
        .FirstOrDefault();

    private Torrent Add(SessionKey key, Func<TorrentSession, Torrent> add)
    {
        TorrentSession session = Open(key);
        try
        {
            Torrent torrent = add(session);
            _running.Add((key, torrent));
            _ = ForgetWhenEndedAsync(key, session, torrent);
            return torrent;
        }
        catch
        {
            CloseIfUnused(key);
            throw;
        }
    }

    private SessionLease Lend(SessionKey key)
    {
        var lease = new SessionLease(Open(key), TakeBack);
        _leases.Add((key, lease, false));
        return lease;
    }

    private TorrentSession Open(SessionKey key)
    {
        if (_sessions.TryGetValue(key, out TorrentSession? open))
            return open;
        var session = new TorrentSession(Settings.Current with { Port = key.Port, BindAddress = key.BindAddress });
        _sessions.Add(key, session);
        if (!_closesAtExit)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => CloseAsync().Wait(session.Settings.CloseGrace + TimeSpan.FromSeconds(1));
            _closesAtExit = true;
        }

        return session;
    }

    private void TakeBack(SessionLease lease)
    {
        lock (_gate)
        {
            int at = _leases.FindIndex(entry => entry.Lease == lease);
            if (at < 0)
                return;
            _leases[at] = _leases[at] with { IsReturned = true };
        }

        _ = ForgetAfterLingerAsync(lease);
    }

    private async Task ForgetAfterLingerAsync(SessionLease lease)
    {
        await Task.Delay(Linger).ConfigureAwait(false);
        lock (_gate)
        {
            int at = _leases.FindIndex(entry => entry.Lease == lease);
            if (at < 0)
                return;
            SessionKey key = _leases[at].Key;
            _leases.RemoveAt(at);
            CloseIfUnused(key);
        }
    }

    private async Task ForgetWhenEndedAsync(SessionKey key, TorrentSession session, Torrent torrent)
    {
        await torrent.Completion.ConfigureAwait(false);
        lock (_gate)
        {
            if (!_running.Remove((key, torrent)))
                return;
            if (!CloseIfUnused(key))
                _ = session.RemoveAsync(torrent);
        }
    }

    private bool CloseIfUnused(SessionKey key)
    {
        if (_running.Exists(entry => entry.Key == key) || _leases.Exists(entry => entry.Key == key))
            return false;
        BeginClose(key);
        return true;
    }

    private void BeginClose(SessionKey key)
    {
        if (!_sessions.Remove(key, out TorrentSession? session))
            return;
        _closing[key] = Task.Run(async () =>
        {
            try
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                    _closing.Remove(key);
            }
        });
    }
}
