using System.Net;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Hosting;

/// <summary>
/// The sessions of this process, one for each requested port and address. A session opens when a torrent or cmdlet
/// needs it. It closes when no torrent runs in it and no cmdlet uses it or has used it in the last minute, so that an
/// idle shell has no open socket.
/// </summary>
internal sealed class SessionHost
{
    /// <summary>
    /// Time for which a session without torrents stays open after a cmdlet has used it. The next DHT search within this
    /// time finds a filled routing table.
    /// </summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, TorrentSession> _sessions = [];
    private readonly Dictionary<SessionKey, Task> _closing = [];
    private readonly List<(SessionKey Key, Torrent Torrent)> _running = [];
    private readonly List<(SessionKey Key, SessionLease Lease, bool IsReturned)> _leases = [];
    private readonly HashSet<string> _warned = [];
    private bool _closesAtExit;

    /// <summary>
    /// The only instance. It belongs to the process: jobs and torrents outlive the runspace that started them.
    /// </summary>
    public static SessionHost Current { get; } = new();

    /// <summary>Settings for sessions that are opened later.</summary>
    public ProcessSettings Settings { get; } = new(SavedSettings.Path);

    /// <summary>The event log of all sessions of the process. It keeps the events of closed sessions.</summary>
    public SessionEventLog Events { get; } = new();

    /// <summary>The running torrents in the order in which they were started.</summary>
    public IReadOnlyList<Torrent> Torrents
    {
        get
        {
            lock (_gate)
                return [.. _running.Select(entry => entry.Torrent).Where(torrent => !torrent.Completion.IsCompleted)];
        }
    }

    public IReadOnlyList<TorrentSession> Sessions
    {
        get
        {
            lock (_gate)
                return [.. _sessions.Values];
        }
    }

    /// <summary>Starts a torrent in the session for <paramref name="key"/>, which is opened if needed.</summary>
    /// <exception cref="SessionException">
    /// The torrent is running already, no port can be bound, or a setting is not valid.
    /// </exception>
    public Task<Torrent> StartAsync(
        SessionKey key, TorrentMetainfo metainfo, TorrentSettings settings, CancellationToken cancel) =>
        WithAsync(key, there => Add(there, session => session.Add(metainfo, settings)), cancel);

    /// <summary>
    /// Starts the torrent of a magnet link in the session for <paramref name="key"/>, which is opened if needed.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="link">The magnet link.</param>
    /// <param name="settings">The settings that do not depend on the metadata.</param>
    /// <param name="settle">Completes the settings once the metadata is known.</param>
    /// <param name="cancel">
    /// Cancels the call while it waits until an earlier session on the same port has closed.
    /// </param>
    /// <exception cref="SessionException">
    /// The torrent is running already, no port can be bound, or a setting is not valid.
    /// </exception>
    public Task<Torrent> StartAsync(
        SessionKey key,
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings> settle,
        CancellationToken cancel) =>
        WithAsync(key, there => Add(there, session => session.Add(link, settings, settle)), cancel);

    /// <summary>
    /// Returns a lease of an open session that <paramref name="isSuitable"/> accepts. If there is none, uses the
    /// session for the configured port and address, and opens it if needed.
    /// </summary>
    /// <param name="isSuitable">Whether an open session can be used.</param>
    /// <param name="cancel">
    /// Cancels the call while it waits until an earlier session on the same port has closed.
    /// </param>
    public Task<SessionLease> BorrowAsync(Func<TorrentSession, bool> isSuitable, CancellationToken cancel)
    {
        SessionKey key;
        lock (_gate)
            key = _sessions.Where(entry => isSuitable(entry.Value)).Select(entry => entry.Key).FirstOrDefault()
                ?? Key(null, null);
        return WithAsync(key, Lend, cancel);
    }

    /// <summary>
    /// Returns the key for a requested port and address. A null port or address is replaced by the value of the
    /// settings.
    /// </summary>
    public SessionKey Key(int? port, IPAddress? bindAddress)
    {
        SessionSettings settings = Settings.Current;
        return new SessionKey(port ?? settings.Port, bindAddress ?? settings.BindAddress);
    }

    /// <summary>
    /// Applies settings to open and later sessions. An open session keeps its port and address. If the new settings
    /// have another port or address, open sessions that are not in use are closed.
    /// </summary>
    /// <returns>Number of running torrents that keep the old port and address.</returns>
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

            // Started inside the lock, so that the later of two changes wins.
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
                // The session closed after its last torrent ended.
            }
        }

        return left;
    }

    /// <summary>
    /// Returns the open sessions' warnings that have not been returned yet. A warning that ceased and occurs again
    /// counts as new if this method was called in between.
    /// </summary>
    public IReadOnlyList<string> TakeWarnings()
    {
        string[] all = [.. Sessions.SelectMany(session => session.Discovery.Warnings).Distinct()];
        lock (_gate)
        {
            _warned.IntersectWith(all);
            return [.. all.Where(_warned.Add)];
        }
    }

    /// <summary>
    /// Stops all torrents and closes all sessions. Each session waits for its trackers for at most its
    /// <c>CloseGrace</c>.
    /// </summary>
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

            // The port is free only after the earlier session has closed.
            await closing.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns the key of the open session that listens on the requested port and address; null if there is none. That
    /// key can contain another port: the session may have requested any free port.
    /// </summary>
    private SessionKey? Listening(SessionKey key) => _sessions
        .Where(entry => key.Port is not null
            && entry.Value.ListenPort == key.Port
            && Equals(entry.Key.BindAddress, key.BindAddress))
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
        var session = new TorrentSession(
            Settings.Current with { Port = key.Port, BindAddress = key.BindAddress }, events: Events);
        _sessions.Add(key, session);
        if (!_closesAtExit)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
                CloseAsync().Wait(session.Settings.CloseGrace + TimeSpan.FromSeconds(1));
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
