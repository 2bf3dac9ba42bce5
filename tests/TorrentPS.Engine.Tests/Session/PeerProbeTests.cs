using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Probes of peers: client, pieces and errors.</summary>
public sealed class PeerProbeTests
{
    private static readonly SessionSettings s_session = new();
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_probe_of_a_seed_returns_its_client_and_all_pieces()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        await using var session = new TorrentSession(content.LocalSession);
        await content.SeedAsync(session);

        PeerProbeResult result = await PeerProbe.ProbeAsync(
            new IPEndPoint(IPAddress.Loopback, session.ListenPort!.Value),
            content.Metainfo.WireHash,
            7,
            s_timeout,
            s_session,
            default);

        Assert.Null(result.Error);
        Assert.True(result.Answered);
        Assert.StartsWith("TorrentPS", result.Client, StringComparison.Ordinal);
        Assert.Equal((7, 100.0), (result.Pieces, result.Progress));
        Assert.NotNull(result.RoundTrip);
    }

    [Fact]
    public async Task A_probe_of_an_address_without_a_peer_returns_an_error_and_does_not_throw()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)listener.LocalEndPoint!;
        PeerProbeResult refused = await PeerProbe.ProbeAsync(address, default, 1, s_timeout, s_session, default);
        Assert.False(refused.Answered);
        Assert.NotNull(refused.Error);

        listener.Listen();
        Task<PeerProbeResult> probe = PeerProbe.ProbeAsync(address, default, 1, s_timeout, s_session, default);
        using (Socket other = await listener.AcceptAsync())
            await other.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        Assert.False((await probe).Answered);

        PeerProbeResult silent = await PeerProbe.ProbeAsync(
            address, default, 1, TimeSpan.FromMilliseconds(50), s_session, default);
        Assert.False(silent.Answered);
        Assert.NotNull(silent.Error);
    }

    [Fact]
    public async Task A_peer_that_sends_only_its_handshake_has_answered_when_the_time_is_over()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();

        // Shorter than the time for which a probe waits for messages after the handshake.
        Task<PeerProbeResult> probe = PeerProbe.ProbeAsync(
            (IPEndPoint)listener.LocalEndPoint!, default, 1, TimeSpan.FromSeconds(1), s_session, default);
        using Socket peer = await listener.AcceptAsync();
        byte[] handshake =
            [19, .. "BitTorrent protocol"u8, 0, 0, 0, 0, 0, 0x10, 0, 0, .. new byte[20], .. "-qB4520-abcdefghijkl"u8];
        await peer.SendAsync(handshake);

        PeerProbeResult result = await probe;

        Assert.Null(result.Error);
        Assert.True(result.Answered);
        Assert.StartsWith("qBittorrent", result.Client, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_can_be_cancelled()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var closing = new CancellationTokenSource();
        Task<PeerProbeResult> probe = PeerProbe.ProbeAsync(
            (IPEndPoint)listener.LocalEndPoint!, default, 1, s_timeout, s_session, closing.Token);
        using Socket silent = await listener.AcceptAsync();

        await closing.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
    }
}
