using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>The session settings of this process: those that were saved, read when first asked for, until they are changed. Thread-safe.</summary>
internal sealed class ProcessSettings(string path)
{
    private readonly Lock _gate = new();
    private SessionSettings? _current;
    private string? _warning;

    /// <summary>What holds for sessions that open now.</summary>
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

    /// <summary>Where they are saved.</summary>
    public string Path => path;

    /// <summary>Why what was saved could not be used; told once, then null.</summary>
    public string? TakeWarning()
    {
        lock (_gate)
        {
            string? warning = _warning;
            _warning = null;
            return warning;
        }
    }

    /// <summary>Keeps the settings for the next process.</summary>
    /// <exception cref="IOException">They can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    public void Save() => SavedSettings.Save(path, Current);

    private SessionSettings Load()
    {
        try
        {
            return SavedSettings.Load(path);
        }
        catch (FormatException e)
        {
            _warning = $"{e.Message} The defaults hold; Set-TorrentSession -Save writes it anew.";
            return new SessionSettings();
        }
    }
}
