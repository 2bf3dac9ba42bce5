using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>How cmdlets come by the session settings of the process.</summary>
internal static class SessionSettingsUse
{
    /// <summary>The settings that hold for sessions that open now; a file of saved ones that could not be used is warned of once.</summary>
    public static SessionSettings ReadSettings(this Cmdlet cmdlet)
    {
        ProcessSettings settings = SessionHost.Current.Settings;
        SessionSettings current = settings.Current;
        if (settings.TakeWarning() is { } warning)
            cmdlet.WriteWarning(warning);
        return current;
    }
}
