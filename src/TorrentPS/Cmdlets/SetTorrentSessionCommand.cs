using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Set-TorrentSession: changes the session settings of this process. With -Save, they are also saved for later
/// processes.
/// </summary>
[Cmdlet(VerbsCommon.Set, "TorrentSession", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentSessionInfo))]
public sealed class SetTorrentSessionCommand : SessionParameters
{
    private const string Target = "the sessions of this process";

    /// <summary>Saves all settings to a file, which later PowerShell processes read.</summary>
    [Parameter]
    public SwitchParameter Save { get; set; }

    /// <summary>Writes the new settings and the status of the open sessions.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (TryApply(this.ReadSettings()) is not { } settings)
            return;
        string summary = string.Join(
            ", ", BoundSettings.Select(name => $"{name} {TextOf(name, settings)}"));
        if (summary.Length == 0 && !Save)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NothingToChange",
                null,
                new ArgumentException("No setting was given."),
                "Name at least one setting, such as -DownloadLimit 2MB, or -Save."));
        }

        if (!ShouldProcess(Target, summary.Length == 0 ? "Save" : Save ? $"Set and save {summary}" : $"Set {summary}"))
            return;
        int kept = Await(SessionHost.Current.ChangeAsync(settings));
        if (kept > 0)
        {
            WriteWarning(
                $"{(kept == 1 ? "1 running torrent keeps" : $"{kept} running torrents keep")} the old port and address. "
                + "The new ones are used by sessions that open later.");
        }

        foreach (string warning in SessionHost.Current.TakeWarnings(isChanged: true))
            WriteWarning(warning);
        if (Save)
            WriteFile();
        if (PassThru)
            WriteObject(new TorrentSessionInfo(settings, SessionHost.Current.Sessions));
    }

    /// <summary>
    /// Returns the settings with the values of the parameters that the user gave. If a value is not valid, writes an
    /// error and returns null.
    /// </summary>
    private SessionSettings? TryApply(SessionSettings before)
    {
        try
        {
            return Apply(before);
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidArgument(
                "InvalidSetting", null, e, "Get-Help Set-TorrentSession -Full lists the values of each setting."));
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, Target));
        }

        return null;
    }

    private void WriteFile()
    {
        ProcessSettings settings = SessionHost.Current.Settings;
        try
        {
            settings.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorRecords.Unwritable(settings.Path, e));
        }
    }

    /// <summary>Returns the new value of a setting as text. The text contains no password.</summary>
    private string TextOf(string name, SessionSettings settings) => MyInvocation.BoundParameters[name] switch
    {
        null => "none",
        _ when name == nameof(PeerCache) => settings.PeerCache.ToString(),
        string[] several => several.Length == 0 ? "none" : string.Join(" ", several),
        var value => value.ToString() ?? "",
    };
}
