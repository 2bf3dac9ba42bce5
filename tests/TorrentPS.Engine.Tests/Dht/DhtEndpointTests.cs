using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>Tests an endpoint with a real socket and a simulated clock.</summary>
public sealed class DhtEndpointTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private static readonly InfoHash s_torrent = InfoHash.Parse("00112233445566778899aabbccddeeff00112233");

    private readonly FakeTime _time = new();
    private readonly UdpClient _other = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly NodeId _otherId = NodeId.Random(new Random(2));

    public void Dispose() => _other.Dispose();

    [Fact]
    public async Task A_lookup_waits_while_no_known_node_is_good()
    {
        using DhtSocket socket = DhtSocket.TryOpen(
            AddressFamily.InterNetwork, new NetworkBinding(IPAddress.Loopback), new AddressFilter(), 0)!;
        var endpoint = new DhtEndpoint(socket, new DhtServiceSettings { Time = _time, Random = new Random(1) });
        var loop = new DhtLoop([endpoint], _time);
        using var cancellation = new CancellationTokenSource(s_limit);
        endpoint.Add((IPEndPoint)_other.Client.LocalEndPoint!);
        await AnswerAsync(endpoint);
        Assert.True(endpoint.Node.HasGoodNode);

        _time.Advance(TimeSpan.FromMinutes(20));
        endpoint.Tick();
        bool hasBegun = false;
        Task<bool> search = endpoint.RunLookupAsync(
            loop,
            done =>
            {
                hasBegun = true;
                return endpoint.Node.FindPeers(s_torrent, null, false, false, _ => { }, _ => done(true));
            },
            false,
            cancellation.Token);
        Assert.False(await loop.RunAsync(() => hasBegun));

        await AnswerAsync(endpoint);
        while (!DhtNodeHarness.IsQuery((await _other.ReceiveAsync(cancellation.Token)).Buffer, KrpcMethod.GetPeers))
        {
            // Other questions come before it.
        }

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search);
        await loop.CloseAsync();
    }

    /// <summary>Waits for the node's next query and answers it.</summary>
    private async Task AnswerAsync(DhtEndpoint endpoint)
    {
        using var limit = new CancellationTokenSource(s_limit);
        endpoint.Tick();
        KrpcMessage question = DhtNodeHarness.Parse((await _other.ReceiveAsync(limit.Token)).Buffer);
        Answer(endpoint, question);
        endpoint.Tick();
    }

    private void Answer(DhtEndpoint endpoint, in KrpcMessage question)
    {
        byte[] buffer = new byte[KrpcMessage.MaxLength];
        int length = new KrpcMessage
        {
            Kind = KrpcKind.Response,
            TransactionId = question.TransactionId,
            Id = _otherId,
        }.Write(buffer);
        endpoint.Node.Receive(buffer.AsSpan(0, length), (IPEndPoint)_other.Client.LocalEndPoint!);
    }
}
