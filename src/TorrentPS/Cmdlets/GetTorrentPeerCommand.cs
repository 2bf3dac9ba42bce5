using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentPeer: writes the connected peers of running torrents. For torrent files and magnet links, it writes the
/// peers that their trackers return.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentPeer", DefaultParameterSetName = AllSet)]
[OutputType(typeof(TorrentPeer))]
[OutputType(typeof(TorrentPeerBlock), ParameterSetName = ["Blocked"])]
public sealed class GetTorrentPeerCommand : TorrentOrFileCmdlet
{
    private readonly List<Torrent> _sampled = [];

    /// <summary>
    /// Connects to each peer that a tracker returned or a magnet link contains. The output then has the client and the
    /// progress of each peer.
    /// </summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = MagnetSet)]
    [Parameter(ParameterSetName = InputObjectSet)]
    public SwitchParameter Handshake { get; set; }

    /// <summary>
    /// Maximum time in seconds to wait for each tracker. With -Handshake, also the maximum time to wait for each peer.
    /// </summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = MagnetSet)]
    [Parameter(ParameterSetName = InputObjectSet)]
    [ValidateRange(1, 300)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>
    /// Also writes the peers that were disconnected last, at most 200 per torrent, each with the reason. The
    /// disconnected peers of an ended torrent are written only if the torrent is given by its job or status.
    /// </summary>
    [Parameter(ParameterSetName = AllSet)]
    [Parameter(ParameterSetName = JobSet)]
    [Parameter(ParameterSetName = TorrentSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InfoHashSet)]
    public SwitchParameter IncludeDisconnected { get; set; }

    /// <summary>
    /// Time in seconds after which the peers are written again. If it is given, the peers are written repeatedly.
    /// </summary>
    [Parameter(ParameterSetName = AllSet)]
    [Parameter(ParameterSetName = JobSet)]
    [Parameter(ParameterSetName = TorrentSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InfoHashSet)]
    [ValidateRange(0.1, 86_400.0)]
    public double Interval { get; set; } = 1;

    /// <summary>Number of times that the peers are written. -Count and -Duration cannot be used together.</summary>
    [Parameter(ParameterSetName = AllSet)]
    [Parameter(ParameterSetName = JobSet)]
    [Parameter(ParameterSetName = TorrentSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InfoHashSet)]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>
    /// Maximum time for which the peers are written repeatedly, in seconds. With -Interval alone, they are written until
    /// the torrents have ended or the user presses Ctrl+C.
    /// </summary>
    [Parameter(ParameterSetName = AllSet)]
    [Parameter(ParameterSetName = JobSet)]
    [Parameter(ParameterSetName = TorrentSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InfoHashSet)]
    [ValidateRange(0.0, 1e9)]
    public double? Duration { get; set; }

    /// <summary>
    /// Writes blocked addresses instead of peers: those that the user blocked for all torrents, and those that a
    /// running torrent banned because they sent wrong data.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = "Blocked")]
    public SwitchParameter Blocked { get; set; }

    private bool IsSampling => new[] { nameof(Interval), nameof(Count), nameof(Duration) }
        .Any(MyInvocation.BoundParameters.ContainsKey);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Count is not null && Duration is not null)
            ThrowTerminatingError(SampleTimes.CountAndDuration);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Blocked)
        {
            WriteBlocked();
            return;
        }

        IEnumerable<Torrent>? torrents = ParameterSetName == JobSet && IncludeDisconnected
            ? RunningTorrents.AllOfJobs(Job)
            : RunningInputs();
        if (torrents is not null)
        {
            WritePeers(torrents);
            return;
        }

        foreach (TorrentInfo torrent in Inputs())
            WriteTrackerPeers(torrent);
    }

    /// <summary>Writes the peers repeatedly, if -Interval, -Count or -Duration was given.</summary>
    protected override void EndProcessing()
    {
        if (!IsSampling)
            return;
        foreach (TimeSpan _ in new SampleTimes(Interval, Count, Duration).Wait(Cancel))
        {
            Torrent[] ended = [.. _sampled.Where(torrent => torrent.Completion.IsCompleted)];
            foreach (Torrent torrent in _sampled)
                WritePeers(torrent);
            _sampled.RemoveAll(ended.Contains);
            if (_sampled.Count == 0)
                return;
        }
    }

    private void WritePeers(IEnumerable<Torrent> torrents)
    {
        foreach (Torrent torrent in torrents)
        {
            if (!IsSampling)
                WritePeers(torrent);
            else if (!_sampled.Contains(torrent))
                _sampled.Add(torrent);
        }
    }

    private void WritePeers(Torrent torrent)
    {
        foreach (PeerStatus peer in Await(torrent.GetPeersAsync()))
            WriteObject(TorrentPeer.Connected(torrent.Status, peer));
        if (!IncludeDisconnected)
            return;
        foreach (DisconnectedPeer left in Await(torrent.GetDisconnectedPeersAsync()))
            WriteObject(TorrentPeer.Left(torrent.Status, left));
    }

    private void WriteBlocked()
    {
        foreach (IPNetwork network in this.ReadSettings().BlockList)
            WriteObject(TorrentPeerBlock.Of(network));
        foreach (Torrent torrent in RunningTorrents.All)
        {
            foreach (PeerBan ban in Await(torrent.GetBansAsync()))
                WriteObject(TorrentPeerBlock.Of(torrent.Status, ban));
        }
    }

    private void WriteTrackerPeers(TorrentInfo torrent)
    {
        IReadOnlyList<HostEndPoint> linked = torrent.Link?.Peers ?? [];
        if (torrent.Trackers.Count == 0 && linked.Count == 0)
        {
            WriteError(ErrorRecords.InvalidArgument(
                "NoTrackers",
                torrent.Path ?? torrent.Magnet,
                new TorrentException($"'{torrent.Name}' has no trackers and no peer addresses."),
                "Use Find-TorrentPeer, which searches the DHT, or start the torrent and then run Get-TorrentPeer."));
            return;
        }

        var peers = new AnnouncedPeers(torrent, TimeSpan.FromSeconds(TimeoutSeconds));
        var found = new Dictionary<IPEndPoint, PeerSource>();
        foreach (TrackerAnswer answer in Await(peers.QueryTrackersAsync(Cancel)))
        {
            if (answer.Error is { } error)
                WriteError(ErrorRecords.TrackerFailed(answer.Tracker, error));
            foreach (IPEndPoint peer in answer.Peers)
                found.TryAdd(peer, PeerSource.Tracker);
        }

        foreach (HostEndPoint peerAddress in linked)
        {
            foreach (IPEndPoint peer in Resolve(peerAddress))
                found.TryAdd(peer, PeerSource.Magnet);
        }

        if (!Handshake)
        {
            foreach ((IPEndPoint peer, PeerSource source) in found)
                WriteObject(peers.CreateUnprobed(peer, source));
            return;
        }

        WriteAnswers(
            peers.ProbeAsync([.. found.Select(each => (each.Key, each.Value))], Cancel), found.Count, torrent.Name);
    }

    private void WriteAnswers(IAsyncEnumerable<TorrentPeer> answers, int count, string name)
    {
        int answered = 0;
        var progress = new ProgressRecord(1, $"Connecting to the peers of {name}", " ");
        ForEach(answers, peer =>
        {
            WriteObject(peer);
            progress.StatusDescription = $"{++answered} of {count}";
            progress.PercentComplete = 100 * answered / count;
            WriteProgress(progress);
        });
        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
    }

    private IReadOnlyList<IPEndPoint> Resolve(HostEndPoint peer)
    {
        try
        {
            return Await(new PeerAddress(peer.Host, peer.Port).ResolveAsync(Cancel));
        }
        catch (SocketException e)
        {
            WriteError(ErrorRecords.InvalidArgument(
                "InvalidPeer",
                peer.ToString(),
                e,
                "The magnet link names a host that cannot be resolved. Other peers are used."));
            return [];
        }
    }
}
