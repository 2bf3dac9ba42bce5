using System.Diagnostics;
using System.Net;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Hosting;

/// <summary>
/// The sessions of this process, one for each requested port and address. A session is opened when a torrent or a
/// cmdlet needs it. It is closed when it has no running torrent and no cmdlet has used it for a minute, so that an idle
/// process has no open socket.
/// </summary>
internal sealed class SessionHost
{
    /// <summary>
    /// Time for which a session without torrents stays open after a cmdlet last used the session. A further DHT search
    /// within this time is fast, because the routing table is still filled.
    /// </summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, TorrentSession> _sessions = [];
    private readonly Dictionary<SessionKey, Task> _closing = [];
    private readonly List<(SessionKey Key, Torrent Torrent)> _running = [];
    private readonly List<(SessionKey Key, SessionLease Lease, bool IsReturned)> _leases = [];
    private readonly NewWarnings _warnings = new();
    private long _warningsChecked;
    private ProcessEnd? _processEnd;

    /// <summary>
    /// The only instance. It belongs to the process, because jobs and torrents can outlive the runspace that started
    /// them.
    /// </summary>
    public static SessionHost Current { get; } = new();

    public ProcessSettings Settings { get; } = new(SavedSettings.Path);

    /// <summary>The event log that all sessions of the process share. It keeps the events of closed sessions.</summary>
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

    /// <summary>Starts a torrent in the session with this key. Opens the session if it is not open.</summary>
    /// <exception cref="SessionException">
    /// The torrent is running already, no port can be bound, or a setting is not valid.
    /// </exception>
    public Task<Torrent> StartAsync(
        SessionKey key,
        TorrentMetainfo metainfo,
        TorrentSettings settings,
        TorrentQueue? queue,
        CancellationToken cancel) =>
        UseAsync(key, found => Add(found, session => session.Add(metainfo, settings, queue)), cancel);

    /// <summary>
    /// Starts the torrent of a magnet link in the session with this key. Opens the session if it is not open. When the
    /// metadata is known, <paramref name="completeSettings"/> returns the settings to use.
    /// </summary>
    /// <exception cref="SessionException">
    /// The torrent is running already, no port can be bound, or a setting is not valid.
    /// </exception>
    public Task<Torrent> StartAsync(
        SessionKey key,
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings> completeSettings,
        TorrentQueue? queue,
        CancellationToken cancel) =>
        UseAsync(key, found => Add(found, session => session.Add(link, settings, completeSettings, queue)), cancel);

    /// <summary>
    /// Returns a lease of an open session that <paramref name="isSuitable"/> accepts. If there is none, returns a lease
    /// of the session with the port and address in the settings, and opens that session if needed.
    /// </summary>
    public Task<SessionLease> LeaseAsync(Func<TorrentSession, bool> isSuitable, CancellationToken cancel)
    {
        SessionKey key;
        lock (_gate)
            key = _sessions.Where(entry => isSuitable(entry.Value)).Select(entry => entry.Key).FirstOrDefault()
                ?? Key(null, null, null);
        return UseAsync(key, CreateLease, cancel);
    }

    /// <summary>
    /// Returns the key for a requested port, and for a requested address or interface. If no port is requested, the key
    /// has the port in the settings. If neither an address nor an interface is requested, the key has the address and
    /// the interface in the settings.
    /// </summary>
    public SessionKey Key(int? port, IPAddress? bindAddress, string? interfaceName)
    {
        SessionSettings settings = Settings.Current;
        return bindAddress is null && interfaceName is null
            ? new SessionKey(port ?? settings.Port, settings.BindAddress, settings.Interface)
            : new SessionKey(port ?? settings.Port, bindAddress, interfaceName);
    }

    /// <summary>
    /// Replaces the settings of open and later sessions. An open session keeps its port and address. If the new
    /// settings have another port or address, open sessions without torrents are closed, unless a cmdlet uses them.
    /// </summary>
    /// <returns>Number of running torrents in sessions that keep the old port and address.</returns>
    public async Task<int> ChangeAsync(SessionSettings settings)
    {
        int left = 0;
        Task[] changing;
        lock (_gate)
        {
            SessionSettings before = Settings.Current;
            Settings.Current = settings;
            if (before.Port != settings.Port || !Equals(before.BindAddress, settings.BindAddress)
                || before.Interface != settings.Interface)
            {
                foreach (SessionKey key in _sessions.Keys.ToArray())
                {
                    _leases.RemoveAll(entry => entry.Key == key && entry.IsReturned);
                    if (!CloseIfUnused(key))
                        left += _running.Count(entry => entry.Key == key);
                }
            }

            // Started inside the lock, so that two concurrent changes are applied in the order of the calls.
            changing =
            [
                .. _sessions.Values.Select(session => session.ApplyAsync(
                    open => settings with
                    {
                        Port = open.Port,
                        BindAddress = open.BindAddress,
                        Interface = open.Interface,
                    })),
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
    /// Returns the new warnings about the peer sources of the sessions: those that did not exist at the previous check.
    /// The sessions are checked at most once a second, because each job calls this method every second. A call between
    /// two checks returns no warnings. Warnings about a torrent are in <see cref="Torrent.Warnings"/>.
    /// </summary>
    /// <param name="isChanged">Whether the settings were just changed. The sessions are then checked at once.</param>
    public IReadOnlyList<string> TakeWarnings(bool isChanged = false)
    {
        lock (_gate)
        {
            if (!isChanged && Stopwatch.GetElapsedTime(_warningsChecked) < WarningInterval)
                return [];
            _warningsChecked = Stopwatch.GetTimestamp();
        }

        string[] all = [.. Sessions.SelectMany(session => session.Discovery.SourceWarnings).Distinct()];
        lock (_gate)
            return _warnings.Take(all);
    }

    /// <summary>
    /// Stops all torrents and closes all sessions. Each session waits for its trackers for at most
    /// <see cref="SessionSettings.CloseGrace"/>.
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

    /// <summary>Closes the sessions that have no running torrent and that no cmdlet uses at present.</summary>
    public async Task CloseUnusedAsync()
    {
        List<Task> closing;
        lock (_gate)
        {
            _leases.RemoveAll(entry => entry.IsReturned);
            foreach (SessionKey key in _sessions.Keys.ToArray())
                CloseIfUnused(key);
            closing = [.. _closing.Values];
        }

        await Task.WhenAll(closing).ConfigureAwait(false);
    }

    private async Task<T> UseAsync<T>(SessionKey key, Func<SessionKey, T> use, CancellationToken cancel)
    {
        while (true)
        {
            Task? closing;
            lock (_gate)
            {
                if (!_closing.TryGetValue(key, out closing))
                    return use(FindListening(key) ?? key);
            }

            // The port is in use until the earlier session with this key has closed.
            await closing.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns the key of the open session that listens on the port and address of <paramref name="key"/>, or null if
    /// there is none. The port in the returned key is null or 0 if the session was opened with one of these values.
    /// </summary>
    private SessionKey? FindListening(SessionKey key) => _sessions
        .Where(entry => key.Port is not null
            && entry.Value.ListenPort == key.Port
            && Equals(entry.Key.BindAddress, key.BindAddress)
            && entry.Key.Interface == key.Interface)
        .Select(entry => entry.Key)
        .FirstOrDefault();

    private Torrent Add(SessionKey key, Func<TorrentSession, Torrent> add)
    {
        TorrentSession session = Open(key);
        try
        {
            Torrent torrent = add(session);
            _running.Add((key, torrent));
            _ = RemoveWhenEndedAsync(key, session, torrent);
            return torrent;
        }
        catch
        {
            CloseIfUnused(key);
            throw;
        }
    }

    private SessionLease CreateLease(SessionKey key)
    {
        var lease = new SessionLease(Open(key), ReturnLease);
        _leases.Add((key, lease, false));
        return lease;
    }

    private TorrentSession Open(SessionKey key)
    {
        if (_sessions.TryGetValue(key, out TorrentSession? open))
            return open;
        var session = new TorrentSession(
            Settings.Current with
            {
                Port = key.Port,
                BindAddress = key.BindAddress,
                Interface = key.Interface,
            },
            events: Events);
        _sessions.Add(key, session);
        _processEnd ??= new ProcessEnd(() => CloseAsync().Wait(session.Settings.CloseGrace + TimeSpan.FromSeconds(1)));
        return session;
    }

    private void ReturnLease(SessionLease lease)
    {
        lock (_gate)
        {
            int at = _leases.FindIndex(entry => entry.Lease == lease);
            if (at < 0)
                return;
            _leases[at] = _leases[at] with { IsReturned = true };
        }

        _ = RemoveAfterIdleTimeoutAsync(lease);
    }

    private async Task RemoveAfterIdleTimeoutAsync(SessionLease lease)
    {
        await Task.Delay(IdleTimeout).ConfigureAwait(false);
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

    private async Task RemoveWhenEndedAsync(SessionKey key, TorrentSession session, Torrent torrent)
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
