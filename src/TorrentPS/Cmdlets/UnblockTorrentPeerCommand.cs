using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Unblock-TorrentPeer: removes addresses and networks from the block list, and lifts the running torrents' bans of
/// peers with these addresses.
/// </summary>
[Cmdlet(VerbsSecurity.Unblock, "TorrentPeer", SupportsShouldProcess = true)]
public sealed class UnblockTorrentPeerCommand : PeerBlockCmdlet
{
    /// <inheritdoc/>
    private protected override void Process(System.Net.IPNetwork network)
    {
        string text = TorrentPeerBlock.Text(network);
        if (!ShouldProcess(text, "Unblock peers"))
            return;
        SessionSettings settings = this.ReadSettings();
        bool isListed = settings.BlockList.Contains(network);
        if (isListed)
            TryApply(settings, [.. settings.BlockList.Where(blocked => blocked != network)]);
        int lifted = 0;
        foreach (Torrent torrent in RunningTorrents.All)
            lifted += Await(torrent.UnbanPeersAsync(network));
        if (!isListed && lifted == 0)
            WriteNotBlocked(text, settings, network);
    }

    private void WriteNotBlocked(string text, SessionSettings settings, System.Net.IPNetwork network)
    {
        string[] wider =
        [
            .. settings.BlockList.Where(blocked => blocked.Contains(network.BaseAddress))
                .Select(TorrentPeerBlock.Text),
        ];
        WriteError(ErrorRecords.PeerNotBlocked(
            text,
            wider.Length == 0
                ? $"'{text}' is not blocked."
                : $"'{text}' is not blocked alone, but as a part of {string.Join(", ", wider)}.",
            wider.Length == 0
                ? "Get-TorrentPeer -Blocked shows the blocked addresses."
                : $"Run Unblock-TorrentPeer {wider[0]} to unblock the whole network."));
    }
}
