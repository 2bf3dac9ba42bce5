using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Session;

/// <summary>A torrent's current settings and its rate limits. Thread-safe.</summary>
/// <param name="settings">The first settings.</param>
/// <param name="session">The session, whose rate limits are the parents of the torrent's.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore without a wait handle owns nothing.")]
internal sealed class LiveSettings(TorrentSettings settings, SessionResources session)
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile TorrentSettings _current = settings;

    public TorrentSettings Current => _current;

    public RateLimit Download { get; } = new(session.Download, settings.DownloadLimit, session.Time);

    public RateLimit Upload { get; } = new(session.Upload, settings.UploadLimit, session.Time);

    /// <summary>
    /// Replaces the settings, one change at a time. When anything fails, the settings stay as they were.
    /// </summary>
    /// <param name="change">Makes the new settings from the current ones. Called once.</param>
    /// <param name="carryOut">
    /// Puts the new settings (second argument) into effect. The first argument is the current settings.
    /// </param>
    /// <exception cref="SessionException">The new settings are not valid for a running torrent.</exception>
    public Task ApplyAsync(
        Func<TorrentSettings, TorrentSettings> change, Func<TorrentSettings, TorrentSettings, Task> carryOut) =>
        ReplaceAsync(async before =>
        {
            TorrentSettings after = change(before)
                ?? throw new SessionException(SessionErrorId.BadSettings, "The change returned no settings.");
            after.CheckChange(before);
            await carryOut(before, after);
            return after;
        });

    /// <summary>
    /// Replaces the settings once, when the metadata of a magnet link is known. Fixed settings may change here.
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
