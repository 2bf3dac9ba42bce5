using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Block-TorrentPeer: blocks addresses for all torrents of this process. Connections to these addresses are closed, and
/// new connections are refused.
/// </summary>
[Cmdlet(VerbsSecurity.Block, "TorrentPeer", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentPeerBlock))]
public sealed class BlockTorrentPeerCommand : PeerBlockCmdlet
{
    /// <summary>Writes the blocked addresses.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void Process(System.Net.IPNetwork network)
    {
        TorrentPeerBlock block = TorrentPeerBlock.Of(network);
        if (!ShouldProcess(block.Address, "Block peers"))
            return;
        SessionSettings settings = this.ReadSettings();
        bool isNew = !settings.BlockList.Contains(network);
        if ((!isNew || TryApply(settings, [.. settings.BlockList, network])) && PassThru)
            WriteObject(block);
    }
}
