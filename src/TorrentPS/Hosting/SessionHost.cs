using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Hosting;

/// <summary>
/// The sessions of this process, one for each place to listen. A session opens with its first torrent and closes after its last
/// has ended, so that an idle shell holds no socket, thread or port.
/// </summary>
internal sealed class SessionHost
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, TorrentSession> _sessions = [];
    private readonly Dictionary<SessionKey, Task> _closing = [];
    private readonly List<(SessionKey Key, Torrent Torrent)> _running = [];
    private bool _closesAtExit;

    /// <summary>The one host of the process: jobs and torrents outlive the runspace that started them.</summary>
    public static SessionHost Current { get; } = new();

    /// <summary>The torrents that have not ended, in the order they were started.</summary>
    public IReadOnlyList<Torrent> Torrents
    {
        get
        {
            lock (_gate)
                return [.. _running.Select(entry => entry.Torrent)];
        }
    }

    /// <summary>Starts a torrent in the session for <paramref name="key"/>, opening that when it is not there.</summary>
    /// <exception cref="SessionException">The torrent runs already, no port can be bound, or the settings can't be met.</exception>
    public async Task<Torrent> StartAsync(SessionKey key, TorrentMetainfo metainfo, TorrentSettings settings, CancellationToken cancel)
    {
        while (true)
        {
            Task? closing;
            lock (_gate)
            {
                if (!_closing.TryGetValue(key, out closing))
                    return Add(Listening(key) ?? key, metainfo, settings);
            }

            // The port is free only once the last session on it is gone.
            await closing.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Stops everything and closes every session; trackers are told within each session's grace.</summary>
    public async Task CloseAsync()
    {
        List<Task> closing;
        lock (_gate)
        {
            _running.Clear();
            foreach (SessionKey key in _sessions.Keys.ToArray())
                BeginClose(key);
            closing = [.. _closing.Values];
        }

        await Task.WhenAll(closing).ConfigureAwait(false);
    }

    /// <summary>The session that has the port asked for without having been asked for it: the first free one may be it.</summary>
    private SessionKey? Listening(SessionKey key) => _sessions
        .Where(entry => key.Port is not null && entry.Value.ListenPort == key.Port && Equals(entry.Key.BindAddress, key.BindAddress))
        .Select(entry => entry.Key)
        .FirstOrDefault();

    private Torrent Add(SessionKey key, TorrentMetainfo metainfo, TorrentSettings settings)
    {
        if (!_sessions.TryGetValue(key, out TorrentSession? session))
        {
            session = new TorrentSession(new SessionSettings { Port = key.Port, BindAddress = key.BindAddress });
            _sessions.Add(key, session);
            if (!_closesAtExit)
            {
                AppDomain.CurrentDomain.ProcessExit += (_, _) => CloseAsync().Wait(session.Settings.CloseGrace + TimeSpan.FromSeconds(1));
                _closesAtExit = true;
            }
        }

        try
        {
            Torrent torrent = session.Add(metainfo, settings);
            _running.Add((key, torrent));
            _ = ForgetWhenEndedAsync(key, session, torrent);
            return torrent;
        }
        catch (SessionException)
        {
            CloseIfUnused(key);
            throw;
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
        if (_running.Exists(entry => entry.Key == key))
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
