using System.Management.Automation;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentSession: writes the session settings of this process and the status of its open sessions.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentSession")]
[OutputType(typeof(TorrentSessionInfo))]
public sealed class GetTorrentSessionCommand : TorrentCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var info = new TorrentSessionInfo(this.ReadSettings(), SessionHost.Current.Sessions);
        foreach (string warning in info.Warnings)
            WriteWarning(warning);
        WriteObject(info);
    }
}
