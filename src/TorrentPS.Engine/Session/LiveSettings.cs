using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Session;

/// <summary>What holds for a torrent now, with its limits, and how that changes while it runs. Thread-safe.</summary>
/// <param name="settings">What holds first.</param>
/// <param name="session">Whose limits stand over the torrent's.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose handle nobody asks for holds nothing.")]
internal sealed class LiveSettings(TorrentSettings settings, SessionResources session)
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile TorrentSettings _current = settings;

    /// <summary>What holds now.</summary>
    public TorrentSettings Current => _current;

    /// <summary>The limit of what is received.</summary>
    public RateLimit Download { get; } = new(session.Download, settings.DownloadLimit, session.Time);

    /// <summary>The limit of what is sent.</summary>
    public RateLimit Upload { get; } = new(session.Upload, settings.UploadLimit, session.Time);

    /// <summary>Changes the limits alone, at once.</summary>
    public void SetLimits(long? download, long? upload) => Hold(_current with { DownloadLimit = download, UploadLimit = upload });

    /// <summary>Changes settings, one change at a time. What can fail comes first, so that a change holds whole or not at all.</summary>
    /// <param name="change">The change.</param>
    /// <param name="fileCount">How many files the torrent has; 0 while that is not known.</param>
    /// <param name="meet">Does what the new settings ask for; when it fails, the old ones hold on.</param>
    /// <exception cref="SessionException">The change can't be met.</exception>
    public async Task ChangeAsync(TorrentChange change, int fileCount, Func<TorrentSettings, Task> meet)
    {
        await _changing.WaitAsync();
        try
        {
            TorrentSettings next = change.ApplyTo(_current, fileCount);
            await meet(next);
            Hold(next);
        }
        finally
        {
            _changing.Release();
        }
    }

    private void Hold(TorrentSettings next)
    {
        Download.Limit = next.DownloadLimit;
        Upload.Limit = next.UploadLimit;
        _current = next;
    }
}
