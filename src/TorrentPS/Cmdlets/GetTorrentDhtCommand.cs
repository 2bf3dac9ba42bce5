using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentDht: shows this client's DHT nodes, one for each address family, or with -Bucket their routing tables.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentDht")]
[OutputType(typeof(TorrentDht), typeof(TorrentDhtBucket))]
public sealed class GetTorrentDhtCommand : TorrentCmdlet
{
    /// <summary>Write the buckets of the routing tables instead of the nodes.</summary>
    [Parameter]
    public SwitchParameter Bucket { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SessionSettings settings = this.ReadSettings();
        DhtStatus[] running = [.. SessionHost.Current.Sessions.Select(session => session.Dht).OfType<DhtStatus>()];
        if (running.Length == 0)
        {
            WriteVerbose(settings.EnableDht
                ? "No DHT node runs: one comes with the first torrent, or with Find-TorrentPeer."
                : "The DHT is off: Set-TorrentSession -EnableDht $true.");
        }

        foreach (TorrentDht node in running.SelectMany(
            status => status.Nodes.Select(node => new TorrentDht(node, status.Port))))
            WriteObject(Bucket ? node.Buckets : node, enumerateCollection: true);
    }
}
