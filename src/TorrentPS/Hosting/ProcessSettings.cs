using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// The session settings of this process. They are read from the file of saved settings when first used. Thread-safe.
/// </summary>
internal sealed class ProcessSettings(string path)
{
    private readonly Lock _gate = new();
    private SessionSettings? _current;
    private string? _warning;

    /// <summary>Settings for sessions that are opened from now on.</summary>
    public SessionSettings Current
    {
        get
        {
            lock (_gate)
                return _current ??= Load();
        }

        set
        {
            lock (_gate)
                _current = value;
        }
    }

    public string Path => path;

    /// <summary>
    /// Returns a warning with the reason why the saved settings could not be used. Returns null if they could be used,
    /// or if a previous call returned the warning.
    /// </summary>
    public string? TakeWarning()
    {
        lock (_gate)
        {
            string? warning = _warning;
            _warning = null;
            return warning;
        }
    }

    /// <summary>Writes the current settings to the file, which later processes read.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the file was denied.</exception>
    public void Save() => SavedSettings.Save(path, Current);

    private SessionSettings Load()
    {
        try
        {
            return SavedSettings.Load(path);
        }
        catch (FormatException e)
        {
            _warning = $"{e.Message} The defaults are used. Set-TorrentSession -Save replaces the file.";
            return new SessionSettings();
        }
    }
}
