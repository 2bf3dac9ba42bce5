using System.Globalization;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>Composes the texts of the events that the swarm loop adds to the session's event log.</summary>
internal static class EventMessages
{
    public static string Connected(Peer peer) => peer.Incoming
        ? $"{peer.Client} connected to this client{(peer.IsEncrypted ? ", encrypted" : "")}."
        : $"Connected to {peer.Client}, {(peer.IsEncrypted ? "encrypted, " : "")}peer source {peer.Source}.";

    public static string Disconnected(PeerClosed closed)
    {
        string reason = $"Disconnected: {Describe(closed.Reason)}.";
        return closed.Detail is null ? reason : $"{reason} {closed.Detail}";
    }

    /// <summary>Returns the text about a connection that this client closed right after the handshakes.</summary>
    public static string Refused(DisconnectReason reason, bool incoming) =>
        $"{(incoming ? "Incoming" : "Outgoing")} connection closed after the handshake: {Describe(reason)}.";

    /// <summary>
    /// Returns the text about several connections that this client closed right after the handshakes.
    /// </summary>
    /// <param name="count">The number of connections since the last event about them.</param>
    /// <param name="reason">The reason why the latest connection was closed.</param>
    public static string RefusedMore(int count, DisconnectReason reason) =>
        $"{count} more {(count == 1 ? "connection" : "connections")} closed after the handshake, "
        + $"the latest because {Describe(reason)}.";

    /// <summary>Returns the text about a torrent that was added to the session.</summary>
    public static string Added(TorrentSettings settings, bool hasMetadata)
    {
        string what = settings.Role == TorrentRole.Seed
            ? $"Added as a seed of the data in '{settings.Destination}'."
            : $"Added as a download to '{settings.Destination}'.";
        return hasMetadata ? what : $"{what} The metadata is downloaded from peers.";
    }

    public static string DataChecked(int verified, int pieces, bool isSkipped) => isSkipped
        ? $"The check of the data was skipped: all {Count(pieces, "piece")} count as verified."
        : $"Checked the data on disk: {verified} of {Count(pieces, "piece")} {(verified == 1 ? "is" : "are")} verified.";

    /// <summary>Returns the text about the progress of a download.</summary>
    /// <param name="status">The current status.</param>
    /// <param name="rate">Average rate in bytes/s of verified data since the previous report or the start.</param>
    public static string Progress(TorrentStatus status, long rate)
    {
        string eta = status.Eta is { } left ? $", {DurationText.Format(left)} left" : "";
        return $"{(int)status.Progress} % downloaded: {SizeText.Format(status.Completed)} of "
            + $"{SizeText.Format(status.WantedSize)} at {Rate(rate)}; "
            + $"{Sources(status.Peers, status.WebSeeds)} connected{eta}.";
    }

    /// <summary>Returns the text about a completed download.</summary>
    /// <param name="status">The status after the last wanted piece was verified.</param>
    /// <param name="senders">Number of peers and web seeds that sent needed data.</param>
    /// <param name="isLowerBound">Whether peers that are not in this number may have sent needed data too.</param>
    public static string Completed(TorrentStatus status, int senders, bool isLowerBound)
    {
        long average = new TorrentResult(status, GoalReached: true).AverageRate;
        return $"Download complete after {DurationText.Format(status.Elapsed)}: {SizeText.Format(status.Downloaded)} "
            + $"from {(isLowerBound ? "at least " : "")}{Count(senders, "peer")}, {Rate(average)} on average, "
            + $"{SizeText.Format(status.Wasted)} wasted, {SizeText.Format(status.HashFailed)} failed the hash check, "
            + $"{Uploads(status)}.";
    }

    public static string Ended(TorrentStatus status, bool goalReached) =>
        $"{(goalReached ? "Reached the goal and ended" : "Ended")} after {DurationText.Format(status.Elapsed)}: "
        + $"{SizeText.Format(status.Downloaded)} downloaded, {Uploads(status)}.";

    /// <summary>Returns the text about a change of the torrent's state.</summary>
    /// <param name="before">The previous state, or null when the torrent starts.</param>
    /// <param name="after">The new state.</param>
    /// <param name="fault">
    /// The torrent's fault, or null. The text includes the fault if the new state is <see cref="TorrentState.Failed"/>,
    /// or if the network interface is not available. A storage fault that pauses the torrent has an event of its own.
    /// </param>
    public static string StateChanged(TorrentState? before, TorrentState after, TorrentFault? fault)
    {
        string change = before is null ? $"Started in state {after}." : $"State changed from {before} to {after}.";
        bool isReason = after == TorrentState.Failed
            || (after == TorrentState.Paused && fault?.Id == TorrentFaultId.InterfaceUnavailable);
        return isReason && fault is not null ? $"{change} {fault.Message}" : change;
    }

    /// <summary>
    /// Returns the text about a download that becomes stalled, stays stalled for another reason, or continues.
    /// </summary>
    /// <param name="before">The torrent's reported state before the change.</param>
    /// <param name="downloading">The state to report if the download is no longer stalled.</param>
    /// <param name="stall">Why the download is stalled now; null if it continues.</param>
    public static string StallChanged(TorrentState before, TorrentState downloading, Stall? stall) =>
        stall is not { } now ? $"State changed from {before} to {downloading}."
        : before == TorrentState.Stalled ? $"Still stalled: {now.Reason.Describe()}."
        : $"State changed from {before} to {TorrentState.Stalled}: {now.Reason.Describe()}.";

    /// <summary>
    /// Returns the scheme, host and port of the URL of a tracker or web seed. Leaves out the path and credentials,
    /// which can be secret.
    /// </summary>
    public static string Shorten(Uri url) => url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    /// <summary>Returns a number and a noun, such as <c>1 peer</c> or <c>2 peers</c>.</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Rate(long bytesPerSecond) => $"{SizeText.Format(bytesPerSecond)}/s";

    private static string Sources(int peers, int webSeeds) =>
        webSeeds == 0 ? Count(peers, "peer") : $"{Count(peers, "peer")} and {Count(webSeeds, "web seed")}";

    private static string Uploads(TorrentStatus status) => string.Create(
        CultureInfo.InvariantCulture, $"{SizeText.Format(status.Uploaded)} uploaded (ratio {status.Ratio:0.00})");

    private static string Describe(DisconnectReason reason) => reason switch
    {
        DisconnectReason.RemoteClosed => "the peer closed the connection, or the network failed",
        DisconnectReason.ProtocolError => "the peer violated the protocol",
        DisconnectReason.Idle => "the peer sent nothing for too long",
        DisconnectReason.SelfConnection => "the peer is this client itself",
        DisconnectReason.Duplicate => "the same peer is connected already",
        DisconnectReason.TooMany => "the maximum number of connections is reached",
        DisconnectReason.TooManyFromAddress => "the maximum number of connections to the peer's address is reached",
        DisconnectReason.Banned => "the peer is banned",
        DisconnectReason.Blocked => "the user blocked the peer's address",
        DisconnectReason.ServesNothing => "the peer unchoked this client but did not send requested data",
        DisconnectReason.Unusable => "the web seed does not have the content, or failed too often",
        DisconnectReason.Penalised => "the penalty of the peer's address is too high",
        DisconnectReason.Useless => "neither side needs data of the other",
        DisconnectReason.InfoHashChanged => "the torrent continues under its v1 info hash",
        DisconnectReason.Stopping => "the torrent is paused or stopped, or may not use this peer",
        DisconnectReason.NetworkChanged => "the network interface to which this client is bound was replaced",
        DisconnectReason.ContentUnreadable => "requested content could not be read from disk",
        _ => reason.ToString(),
    };
}
