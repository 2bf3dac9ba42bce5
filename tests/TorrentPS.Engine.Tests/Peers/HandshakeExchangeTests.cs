using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Peers;

/// <summary>The handshake over real sockets.</summary>
public sealed class HandshakeExchangeTests
{
    private static readonly InfoHash s_torrent = new([.. Enumerable.Range(1, 20).Select(i => (byte)i)]);
    private static readonly PeerId s_caller = new("-TP0100-aaaaaaaaaaaa"u8);
    private static readonly PeerId s_called = new("-TP0100-bbbbbbbbbbbb"u8);
    private static readonly Func<InfoHash, Handshake?> s_answer =
        torrent => new Handshake(HandshakeExchange.Features, torrent, s_called);

    [Fact]
    public async Task Two_peers_with_the_same_torrent_exchange_handshakes()
    {
        (Socket called, Socket caller) = await LoopbackPeer.PairAsync();
        using (called)
        using (caller)
        {
            Task<Handshake?> calling = HandshakeExchange.InitiateAsync(
                new TcpStream(caller), new Handshake(HandshakeExchange.Features, s_torrent, s_caller), default);
            Task<Handshake?> accepting = HandshakeExchange.AcceptAsync(
                new TcpStream(called), torrent => torrent == s_torrent ? s_answer(torrent) : null, default);
            Handshake? received = await accepting.WaitAsync(LoopbackPeer.Limit);

            Assert.Equal(s_caller, received?.PeerId);
            Assert.Equal(s_called, (await calling.WaitAsync(LoopbackPeer.Limit))?.PeerId);
            Assert.True(received!.Value.Has(PeerFeatures.Fast | PeerFeatures.ExtensionProtocol));
        }
    }

    [Fact]
    public async Task A_peer_that_names_an_unknown_torrent_gets_no_handshake()
    {
        (Socket called, Socket caller) = await LoopbackPeer.PairAsync();
        using (caller)
        {
            Task<Handshake?> calling = HandshakeExchange.InitiateAsync(
                new TcpStream(caller), new Handshake(HandshakeExchange.Features, s_torrent, s_caller), default);
            Assert.Null(await HandshakeExchange.AcceptAsync(new TcpStream(called), _ => null, default).WaitAsync(
                LoopbackPeer.Limit));
            called.Dispose();
            Assert.Null(await calling.WaitAsync(LoopbackPeer.Limit));
        }
    }

    [Fact]
    public async Task A_handshake_that_names_another_torrent_is_refused()
    {
        (Socket called, Socket caller) = await LoopbackPeer.PairAsync();
        using (called)
        using (caller)
        {
            Task<Handshake?> calling = HandshakeExchange.InitiateAsync(
                new TcpStream(caller), new Handshake(HandshakeExchange.Features, s_torrent, s_caller), default);
            byte[] other = new byte[Handshake.Length];
            new Handshake(default, default, s_called).Write(other);
            await called.SendAsync(other);

            Assert.Null(await calling.WaitAsync(LoopbackPeer.Limit));
        }
    }

    [Fact]
    public async Task A_handshake_in_single_bytes_is_accepted_and_one_that_ends_early_is_refused()
    {
        (Socket called, Socket caller) = await LoopbackPeer.PairAsync();
        using (called)
        {
            byte[] bytes = new byte[Handshake.Length];
            new Handshake(default, s_torrent, s_caller).Write(bytes);
            Task<Handshake?> received = HandshakeExchange.AcceptAsync(
                new TcpStream(called), s_answer, default);
            foreach (byte one in bytes)
                await caller.SendAsync(new[] { one });
            Assert.Equal(s_caller, (await received.WaitAsync(LoopbackPeer.Limit))?.PeerId);

            received = HandshakeExchange.AcceptAsync(new TcpStream(called), s_answer, default);
            await caller.SendAsync(bytes.AsMemory(0, 67));
            caller.Shutdown(SocketShutdown.Send);
            Assert.Null(await received.WaitAsync(LoopbackPeer.Limit));
            caller.Dispose();
        }
    }

    [Fact]
    public async Task Another_protocol_is_detected_at_its_first_wrong_byte()
    {
        (Socket called, Socket caller) = await LoopbackPeer.PairAsync();
        using (called)
        using (caller)
        {
            Task<Handshake?> received = HandshakeExchange.AcceptAsync(
                new TcpStream(called), s_answer, default);
            await caller.SendAsync("G"u8.ToArray());

            Assert.Null(await received.WaitAsync(LoopbackPeer.Limit));
        }
    }

    [Fact]
    public async Task The_wait_for_a_silent_peer_can_be_cancelled()
    {
        (Socket called, Socket caller) = await LoopbackPeer.PairAsync();
        using var closing = new CancellationTokenSource();
        using (called)
        using (caller)
        {
            Task<Handshake?> received = HandshakeExchange.AcceptAsync(
                new TcpStream(called), s_answer, closing.Token);
            await closing.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => received.WaitAsync(LoopbackPeer.Limit));
        }
    }
}
