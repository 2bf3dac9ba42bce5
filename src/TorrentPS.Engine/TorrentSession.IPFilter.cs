namespace TorrentPS.Engine;

/// <content>Reads the IP filter again when its file changes.</content>
public sealed partial class TorrentSession
{
    /// <summary>
    /// Time between two checks of the IP filter's file. A check reads only the file's modification time. Lists are
    /// updated once a day or less often.
    /// </summary>
    private static readonly TimeSpan s_filterInterval = TimeSpan.FromSeconds(10);

    private ITimer? _filterTimer;

    /// <summary>
    /// Modification time of the IP filter's file when it could not be read. The same version is not read again.
    /// </summary>
    private DateTime _refusedVersion;

    /// <summary>
    /// What the IP filter (<see cref="SessionSettings.IPFilter"/>) has stopped since the session was opened.
    /// </summary>
    public IPFilterCounts IPFilterCounts
    {
        get
        {
            lock (_gate)
                return _resources?.Filter.Counts ?? new IPFilterCounts(0, 0, 0, 0);
        }
    }

    /// <summary>
    /// Reads the IP filter again if its file was changed. If the file can't be read, the session keeps the filter that
    /// it has, and adds an event.
    /// </summary>
    internal async Task RefreshIPFilterAsync()
    {
        IPFilter before = Settings.IPFilter;
        if (before.Path is not { } path)
            return;
        DateTime version = File.GetLastWriteTimeUtc(path);
        if (version == before.Modified || version == _refusedVersion)
            return;
        try
        {
            IPFilter after = IPFilter.Load(path);
            await ApplyAsync(settings => settings.IPFilter == before ? settings with { IPFilter = after } : settings);
        }
        catch (SessionException error)
        {
            _refusedVersion = version;
            Events.Add(SessionEventKind.SettingsChanged, $"The IP filter was not read again. {error.Message}");
        }
        catch (ObjectDisposedException)
        {
            // The session was closed meanwhile.
        }
    }
}
