using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

internal static class SessionSettingsUse
{
    /// <summary>
    /// Returns the session settings of this process. If the saved settings could not be used, writes a warning once per
    /// process.
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
