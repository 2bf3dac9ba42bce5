using TorrentPS.Engine.Session;

namespace TorrentPS.Engine;

/// <content>Changes of the session's settings.</content>
public sealed partial class TorrentSession
{
    /// <summary>
    /// Replaces the settings: <c>session.ApplyAsync(settings => settings with { EnableDht = false })</c>. Changes are
    /// made one at a time. The task completes when the session uses the new settings and every peer source that was
    /// switched off is closed.
    /// </summary>
    /// <param name="change">
    /// Returns the new settings, given the current ones. It is called once and must not wait for another change.
    /// </param>
    /// <exception cref="SessionException">
    /// A value is out of range, or a fixed setting differs in an open session
    /// (<see cref="SessionErrorId.BadSettings"/>). Nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public async Task ApplyAsync(Func<SessionSettings, SessionSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        await _changing.WaitAsync();
        try
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            SessionSettings after = change(Settings)
                ?? throw new SessionException(SessionErrorId.BadSettings, "The change returned no settings.");
            after.Check();
            SessionSettings before = Settings;
            foreach (IAsyncDisposable removed in Apply(after))
                await removed.DisposeAsync();
            if (SettingsComparison.Describe(before, after) is { } changes)
                Events.Add(SessionEventKind.SettingsChanged, changes);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Replaces the settings, and applies them to the shared resources and to all torrents.</summary>
    /// <returns>The peer sources that were switched off or replaced. The caller disposes them.</returns>
    private IReadOnlyList<IAsyncDisposable> Apply(SessionSettings after)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            if (_resources is not null)
                after.CheckChange(Settings);
            Settings = after;
            if (_resources is null)
                return [];
            IReadOnlyList<IAsyncDisposable> removed = _resources.ApplySettings(after);
            if (HasPublicTorrent)
                JoinDht(null);
            MapPorts();
            foreach (Torrent torrent in _torrents)
                torrent.Runner.ApplySessionSettings();
            foreach (TorrentRunner download in _metadataDownloads)
                download.ApplySessionSettings();
            return removed;
        }
    }
}
