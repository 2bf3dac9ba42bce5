using System.Management.Automation;
using System.Net;
using System.Threading.Channels;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>Find-TorrentPeer: searches the DHT for peers of torrents and writes each peer when it is found.</summary>
[Cmdlet(VerbsCommon.Find, "TorrentPeer", DefaultParameterSetName = "InputObject")]
[OutputType(typeof(TorrentPeer))]
public sealed class FindTorrentPeerCommand : DhtCmdlet
{
    /// <summary>Info hashes in hexadecimal, or magnet links.</summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = "InfoHash")]
    [Text]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Magnet links.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Magnet")]
    [ValidateNotNullOrEmpty]
    public string[] Magnet { get; set; } = [];

    /// <summary>A torrent from Get-TorrentInfo.</summary>
    /// <remarks>
    /// This parameter is not an array, and its parameter set is the default. Otherwise PowerShell would bind the
    /// InfoHash property of a piped torrent to -InfoHash, and the cmdlet could not see whether the torrent is private.
    /// </remarks>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "InputObject")]
    [ValidateNotNull]
    public TorrentInfo? InputObject { get; set; }

    /// <summary>
    /// Maximum number of peers per torrent. The search for the peers of a torrent ends when this many are found.
    /// </summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case "InfoHash":
                foreach (string text in InfoHash)
                    Find(text);
                break;
            case "Magnet":
                foreach (string link in Magnet)
                    Find(ReadMagnet(link));
                break;
            default:
                Find(InputObject);
                break;
        }
    }

    private void Find(string text)
    {
        if (IsMagnet(text))
            Find(ReadMagnet(text));
        else
            Find(ReadInfoHash(text));
    }

    private void Find(TorrentInfo? torrent)
    {
        if (torrent is null)
            return;
        if (torrent.IsPrivate)
            WritePrivateError(torrent.Name);
        else
            Find(
                torrent.Name,
                torrent.InfoHash ?? torrent.InfoHashV2!,
                torrent.Metainfo?.WireHash ?? torrent.Link!.WireHash);
    }

    private void WritePrivateError(string name) => WriteError(ErrorRecords.InvalidArgument(
        "PrivateTorrent",
        name,
        new TorrentException(
            $"'{name}' is private. Its peers come only from its trackers, so the DHT is not searched."),
        "Use Get-TorrentPeer, which gets the peers from the trackers."));

    private void Find(string name, string infoHash, InfoHash wireHash)
    {
        // An info hash alone does not say whether the torrent is private, unless the torrent is running in this
        // process.
        if (RunningTorrents.All.FirstOrDefault(
            torrent => torrent.Metainfo is { IsPrivate: true } known && known.WireHash == wireHash) is { } own)
        {
            WritePrivateError(own.Status.Name);
            return;
        }

        int found = 0;
        bool searched = Search(name, (session, limit) =>
        {
            ChannelReader<IPEndPoint> peers = DhtSearch.Start(session, wireHash, limit);
            while (found < Count && Await(peers.WaitToReadAsync(limit).AsTask()))
            {
                while (found < Count && peers.TryRead(out IPEndPoint? peer))
                {
                    found++;
                    WriteObject(new TorrentPeer
                    {
                        Torrent = name,
                        InfoHash = infoHash,
                        Address = peer.Address.ToString(),
                        Port = peer.Port,
                        Source = PeerSource.Dht,
                    });
                }
            }
        });
        if (searched && found == 0)
            RequireConnected(name);
    }
}
