using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentDht: writes the status of this client's DHT nodes. With -Bucket, it writes the buckets of their routing
/// tables.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentDht")]
[OutputType(typeof(TorrentDht), typeof(TorrentDhtBucket))]
public sealed class GetTorrentDhtCommand : TorrentCmdlet
{
    /// <summary>Writes the buckets of the routing tables instead of the status of the nodes.</summary>
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
                ? "No DHT node is running. A node starts with the first public torrent, or with Find-TorrentPeer."
                : "The DHT is disabled. Set-TorrentSession -EnableDht $true enables it.");
        }

        foreach (TorrentDht node in running.SelectMany(
            status => status.Nodes.Select(node => new TorrentDht(node, status.Port))))
            WriteObject(Bucket ? node.Buckets : node, enumerateCollection: true);
    }
}
