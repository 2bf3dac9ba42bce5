using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Trust;

namespace TorrentPS.Engine.Swarm.State;

internal static class StatusReport
{
    /// <summary>
    /// Minimum download rate in bytes/s at which the status contains an estimated time of arrival. At rate zero no
    /// estimate is possible.
    /// </summary>
    private const long MinRateForEta = 1;

    public static TorrentStatus Of(SwarmState swarm)
    {
        SwarmSettings settings = swarm.Settings;
        swarm.Totals.Sum(swarm.Peers.All);
        long left = swarm.Picker.BytesLeft;
        long rate = swarm.IsActive ? swarm.Totals.DownloadMeter.Rate : 0;
        bool downloading = swarm.State == TorrentState.Downloading;
        return new TorrentStatus
        {
            Name = settings.Name,
            InfoHash = settings.InfoHash,
            InfoHashV2 = settings.InfoHashV2,
            State = swarm.ReportedState,
            StalledReason = swarm.Stall?.Reason,
            StalledSince = swarm.Stall?.Since,
            Progress = !swarm.HasMetadata ? MetadataPercentage(swarm)
                : swarm.State == TorrentState.Checking ? 100 * swarm.CheckedFraction
                : swarm.WantedBytes == 0 ? 100 : 100.0 * (swarm.WantedBytes - left) / swarm.WantedBytes,
            Size = settings.Size,
            WantedSize = swarm.WantedBytes,
            Completed = swarm.WantedBytes - left,
            Downloaded = swarm.Totals.Downloaded,
            Uploaded = swarm.Totals.Uploaded,
            DownloadRate = rate,
            UploadRate = swarm.IsActive ? swarm.Totals.UploadMeter.Rate : 0,
            ProtocolDownloaded = swarm.Totals.ProtocolDownloaded,
            ProtocolUploaded = swarm.Totals.ProtocolUploaded,
            Wasted = swarm.Totals.Wasted,
            HashFailed = swarm.Totals.HashFailed,
            Ratio = swarm.WantedBytes == 0 ? 0 : (double)swarm.Totals.Uploaded / swarm.WantedBytes,
            Eta = downloading && rate >= MinRateForEta ? TimeSpan.FromSeconds(Math.Ceiling((double)left / rate)) : null,
            Peers = swarm.Peers.Count,
            Seeds = swarm.Peers.All.Count(peer => peer is { IsSeed: true, IsWebSeed: false }),
            WebSeeds = swarm.Peers.WebSeeds,
            WebSeedFaults = swarm.WebSeedFaults,
            KnownPeers = swarm.Candidates.IdleCount,
            PiecesHave = swarm.Picker.Have.Count,
            PieceCount = swarm.Geometry.PieceCount,
            Destination = settings.Torrent.Destination,
            Path = swarm.HasMetadata ? Path.Combine(settings.Torrent.Destination, settings.Torrent.ContentName ?? settings.Name) : null,
            Added = swarm.AddedAt,
            CompletedAt = swarm.CompletedAt,
            Elapsed = swarm.Elapsed,
            Fault = swarm.Fault,
        };
    }

    public static MetadataProgress MetadataOf(SwarmState swarm)
    {
        (long received, int? size) = swarm.MetadataFetch.Progress;
        return new MetadataProgress(received, size, swarm.Peers.Count, swarm.Candidates.IdleCount);
    }

    public static IReadOnlyList<DisconnectedPeer> DisconnectedOf(SwarmState swarm) =>
        swarm.Disconnected.ToList(origin => swarm.Trust.LevelOf(origin) == TrustLevel.Banned);

    /// <summary>Returns the record of a peer whose connection has just closed.</summary>
    public static DisconnectedPeer Of(Peer peer, PeerClosed closed, SwarmState swarm) => new()
    {
        Peer = Of(peer, swarm),
        Time = swarm.Time.GetUtcNow(),
        Reason = closed.Reason,
        Message = EventMessages.Disconnected(closed),
    };

    public static IReadOnlyList<PeerStatus> PeersOf(SwarmState swarm) =>
        [.. swarm.Peers.All.Select(peer => Of(peer, swarm))];

    /// <summary>
    /// Returns the number of peers and web seeds that sent needed data. Counts those that are connected and those that
    /// disconnected last (<see cref="DisconnectedPeers"/>).
    /// </summary>
    public static int SendersOf(SwarmState swarm) => PeersOf(swarm)
        .Concat(DisconnectedOf(swarm).Select(disconnected => disconnected.Peer))
        .Where(peer => peer.Downloaded > peer.Wasted + peer.HashFailed)
        .Select(peer => peer.Url?.ToString() ?? peer.EndPoint.ToString())
        .Distinct()
        .Count();

    private static double MetadataPercentage(SwarmState swarm) =>
        swarm.MetadataFetch.Progress is (var received, { } size) ? 100.0 * received / size : 0;

    private static PeerStatus Of(Peer peer, SwarmState swarm)
    {
        PeerTraffic traffic = peer.Link.Traffic;
        return new PeerStatus
        {
            EndPoint = peer.Link.EndPoint,
            Client = peer.Client,
            PeerId = peer.IsWebSeed ? "" : peer.Id.ToString(),
            Url = peer.WebSeed is { } number ? swarm.Settings.WebSeeds[number] : null,
            Progress = peer.Have.PieceCount == 0
                ? (swarm.HasMetadata ? 100 : 0)
                : 100.0 * peer.Have.Count / peer.Have.PieceCount,
            Pieces = peer.Have.Count,
            DownloadRate = peer.DownloadMeter.Rate,
            UploadRate = peer.UploadMeter.Rate,
            Downloaded = peer.Downloaded,
            Uploaded = traffic.PayloadSent,
            ProtocolDownloaded = Math.Max(0, traffic.Received - peer.Downloaded),
            ProtocolUploaded = traffic.Sent - traffic.PayloadSent,
            Wasted = peer.Wasted,
            HashFailed = peer.HashFailed,
            RequestsOut = peer.Requests.Count,
            RequestsIn = peer.QueuedBlocks,
            RoundTrip = peer.RoundTrip,
            Connected = swarm.Uptime - peer.ConnectedAt,
            Source = peer.Source,
            ChokeReason = peer.ChokeReason,
            ChokeRank = peer.ChokeRank,
            Flags = FlagsOf(peer),
        };
    }

    private static PeerFlags FlagsOf(Peer peer) =>
        When(peer.AmInterested, PeerFlags.Interested)
        | When(peer.AmChoking, PeerFlags.Choked)
        | When(peer.IsInterested, PeerFlags.RemoteInterested)
        | When(peer.IsChokingUs, PeerFlags.RemoteChoked)
        | When(peer.IsSnubbed, PeerFlags.Snubbed)
        | When(peer.IsSeed, PeerFlags.Seed)
        | When(peer.IsUploadOnly, PeerFlags.UploadOnly)
        | When(peer.Incoming, PeerFlags.Incoming)
        | When(peer.SupportsFast, PeerFlags.Fast)
        | When(peer.SupportsExtensions, PeerFlags.Extended)
        | When(peer.ChokeReason == ChokeReason.Optimistic, PeerFlags.Optimistic)
        | When(peer.OnParole, PeerFlags.OnParole)
        | When(peer.IsEncrypted, PeerFlags.Encrypted);

    private static PeerFlags When(bool condition, PeerFlags flag) => condition ? flag : PeerFlags.None;
}
