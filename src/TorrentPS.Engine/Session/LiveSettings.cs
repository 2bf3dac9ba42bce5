using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Session;

/// <summary>A torrent's current settings and its rate limits. Thread-safe.</summary>
/// <param name="settings">The initial settings of the torrent.</param>
/// <param name="session">
/// The session's shared resources. This torrent's rate limits are children of the session's rate limits.
/// </param>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore has no wait handle to dispose.")]
internal sealed class LiveSettings(TorrentSettings settings, SessionResources session)
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile TorrentSettings _current = settings;

    public TorrentSettings Current => _current;

    public RateLimit Download { get; } = new(session.Download, settings.DownloadLimit, session.Time);

    public RateLimit Upload { get; } = new(session.Upload, settings.UploadLimit, session.Time);

    /// <summary>
    /// Replaces the settings. Concurrent calls run one after another. If the change is refused or a delegate throws,
    /// the settings stay unchanged.
    /// </summary>
    /// <param name="change">Returns the new settings, given the current ones. It is called once.</param>
    /// <param name="applyToTorrent">
    /// Applies the change to the running torrent. Receives the current and the new settings, in this order.
    /// </param>
    /// <exception cref="SessionException">
    /// The change returned null, or the new settings are not valid for a running torrent.
    /// </exception>
    public Task ApplyAsync(
        Func<TorrentSettings, TorrentSettings> change, Func<TorrentSettings, TorrentSettings, Task> applyToTorrent) =>
        ReplaceAsync(async before =>
        {
            TorrentSettings after = change(before)
                ?? throw new SessionException(SessionErrorId.BadSettings, "The change returned no settings.");
            after.CheckChange(before);
            await applyToTorrent(before, after);
            return after;
        });

    /// <summary>
    /// Changes the settings when the metadata of a magnet link has been downloaded. Unlike <see cref="ApplyAsync"/>,
    /// this method can also change fixed settings.
    /// </summary>
    public Task CompleteAsync(Func<TorrentSettings, TorrentSettings> complete) =>
        ReplaceAsync(before => Task.FromResult(complete(before)));

    private async Task ReplaceAsync(Func<TorrentSettings, Task<TorrentSettings>> replace)
    {
        await _changing.WaitAsync();
        try
        {
            TorrentSettings after = await replace(_current);
            Download.Limit = after.DownloadLimit;
            Upload.Limit = after.UploadLimit;
            _current = after;
        }
        finally
        {
            _changing.Release();
        }
    }
}
