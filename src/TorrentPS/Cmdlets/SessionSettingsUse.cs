using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Reads the session settings of this process for a cmdlet.</summary>
internal static class SessionSettingsUse
{
    /// <summary>
    /// Returns the current session settings. Writes a warning, once per process, if the saved settings can't be used.
    /// </summary>
    public static SessionSettings ReadSettings(this Cmdlet cmdlet)
    {
        ProcessSettings settings = SessionHost.Current.Settings;
        SessionSettings current = settings.Current;
        if (settings.TakeWarning() is { } warning)
            cmdlet.WriteWarning(warning);
        return current;
    }
}
