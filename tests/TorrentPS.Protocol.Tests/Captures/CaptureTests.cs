using System.Net;
using System.Security.Cryptography;
using System.Text;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Captures;

/// <summary>
/// Parses packets of real clients and encodes them again without a change, except for unknown entries.
/// </summary>
public sealed class CaptureTests
{
    private static readonly string[] s_methods =
        ["", "ping", "find_node", "get_peers", "announce_peer", "get", "put", "sample_infohashes"];

    [Fact]
    public void Captures_contain_every_kind_of_message_and_every_client()
    {
        string[] kinds = [.. Capture.All.Select(capture => capture.Kind)];
        foreach (string method in s_methods.Skip(1))
            Assert.Contains($"query-{method}", kinds);
        foreach (string method in s_methods.Skip(1).Where(method => method != "put"))
            Assert.Contains($"answer-{method}", kinds);
        foreach (string kind in new[] { "error", "extension-handshake", "ut_metadata-request", "ut_metadata-data",
            "ut_metadata-reject", "ut_pex", "announcement" })
            Assert.Contains(kind, kinds);
        Assert.Equal(3, Capture.Of("krpc").Select(capture => capture.Client).Distinct().Count());
        Assert.Equal(3, Capture.Of("peer").Select(capture => capture.Client).Distinct().Count());
    }

    [Fact]
    public void Queries_are_parsed_with_all_their_arguments() =>
        Assert.All(Capture.Of("krpc").Where(capture => capture.Kind.StartsWith("query", StringComparison.Ordinal)),
        capture =>
    {
        Assert.True(KrpcMessage.TryParse(capture.Bytes, out KrpcMessage query));
        Assert.Equal(KrpcKind.Query, query.Kind);
        Assert.Equal(capture.Kind["query-".Length..], s_methods[(int)query.Method]);
        Assert.NotNull(query.Id);
        Assert.Equal(query.Method is not (KrpcMethod.Ping or KrpcMethod.Put), query.Target is not null);
        Assert.Equal(query.Method is KrpcMethod.AnnouncePeer or KrpcMethod.Put, query.Token.Length > 0);
        Assert.Equal(query.Method == KrpcMethod.AnnouncePeer, query.Port is not null);
        Assert.Equal(query.Method == KrpcMethod.Put ? "6:theirs" : "", Encoding.Latin1.GetString(query.Value));
        Assert.Equal(capture.Bytes, Written(query));
    });

    [Fact]
    public void Responses_are_parsed_with_their_nodes_and_peers() =>
        Assert.All(Capture.Of("krpc").Where(capture => capture.Kind.StartsWith("answer", StringComparison.Ordinal)),
        capture =>
    {
        Assert.True(KrpcMessage.TryParse(capture.Bytes, out KrpcMessage answer));
        bool isIPv6 = capture.Protocol == "krpc6";
        Assert.Equal(KrpcKind.Response, answer.Kind);
        Assert.NotNull(answer.Id);
        bool names = capture.Kind["answer-".Length..] is not ("ping" or "announce_peer");
        int nodes = 0;
        foreach (CompactNode node in new CompactNodes(isIPv6 ? answer.Nodes6 : answer.Nodes, isIPv6))
        {
            // The nodes are the test script and the other clients.
            Assert.True(IsOurs(node.Address.ToEndPoint()), $"{node.Address}");
            nodes++;
        }

        Assert.Equal(names, nodes > 0);
        var peers = new List<IPEndPoint>();
        foreach (NodeAddress peer in new PeerValues(answer.Values))
            peers.Add(peer.ToEndPoint());
        Assert.Equal(capture.Kind.EndsWith("with-peers", StringComparison.Ordinal), peers.Count > 0);
        Assert.All(peers, peer => Assert.True(IsOurs(peer), $"{peer}"));
        Assert.Equal(capture.Kind == "answer-sample_infohashes", answer.HasSamples && answer.Interval > 0);
        Assert.Equal(
            capture.Client.StartsWith("libtorrent", StringComparison.Ordinal),
            answer.ExternalAddress.Length == (isIPv6 ? 18 : 6));

        // libtorrent adds the sender's port, which is not parsed.
        Assert.Equal(
            Encoding.Latin1.GetString(capture.Bytes).Replace("1:pi7005e", "", StringComparison.Ordinal),
            Encoding.Latin1.GetString(Written(answer)));
    });

    [Fact]
    public void Errors_are_parsed_with_their_message() =>
        Assert.All(Capture.Of("krpc").Where(capture => capture.Kind == "error"), capture =>
    {
        Assert.True(KrpcMessage.TryParse(capture.Bytes, out KrpcMessage error));
        Assert.Equal((KrpcKind.Error, 203), (error.Kind, (int)error.ErrorCode));
        Assert.Contains("token", Encoding.UTF8.GetString(error.ErrorText));
    });

    [Theory]
    [InlineData("libtorrent-2.0.8", "libtorrent/2.0.8", 2000, null, 1, 2)]
    [InlineData("Transmission-3.00", "Transmission 3.00", 512, 7004, 1, 3)]
    [InlineData("aria2-1.36", "aria2/1.36.0", null, 7003, 8, 9)]
    public void Extension_handshakes_are_parsed(
        string client, string name, int? requests, int? port, int pex, int metadata)
    {
        foreach (Capture capture in Capture.All.Where(capture => capture.Client == client
            && capture.Kind.StartsWith("extension", StringComparison.Ordinal)))
        {
            ExtensionHandshake told = ExtensionHandshake.Parse(capture.Bytes);
            ExtensionHandshake again = ExtensionHandshake.Parse(told.Encode());

            Assert.Equal((name, requests, (ushort?)port), (told.Client, told.RequestQueue, told.ListenPort));
            Assert.Equal((pex, metadata), (told.Messages["ut_pex"], told.Messages["ut_metadata"]));
            Assert.Equal(capture.Kind == "extension-handshake" ? 143 : null, told.MetadataSize);
            Assert.Equal(told with { Messages = again.Messages }, again);
            Assert.Equal(told.Messages.OrderBy(one => one.Key), again.Messages.OrderBy(one => one.Key));
        }
    }

    [Fact]
    public void Metadata_messages_are_parsed_and_their_data_has_the_info_hash() =>
        Assert.All(Capture.Of("peer").Where(capture =>
        capture.Kind.StartsWith("ut_metadata", StringComparison.Ordinal)), capture =>
    {
        MetadataMessage message = MetadataMessage.Parse(capture.Bytes);
        Assert.Equal($"ut_metadata-{message.Type}", capture.Kind, ignoreCase: true);
        Assert.Equal(message.Type == MetadataMessageType.Reject ? 99 : 0, message.Piece);
        if (message.Type == MetadataMessageType.Data)
        {
            Assert.Equal(143, message.TotalSize);
            Assert.Equal(
                "BE2996FECF003BC6D68892B9AC3CCCE200A01F36", Convert.ToHexString(SHA1.HashData(message.Data.Span)));
        }

        // libtorrent repeats the length in reject messages.
        Assert.Equal(Encoding.Latin1.GetString(capture.Bytes).Replace("i99e10:total_sizei143e", "i99e",
            StringComparison.Ordinal), Encoding.Latin1.GetString(message.Encode()));
    });

    [Fact]
    public void Peer_exchange_messages_are_parsed() =>
        Assert.All(Capture.Of("peer").Where(capture => capture.Kind == "ut_pex"), capture =>
    {
        PexMessage message = PexMessage.Parse(capture.Bytes);
        PexMessage again = PexMessage.Parse(message.Encode());

        // aria2 also sends an empty message, and sends only IPv4 peers.
        Assert.Equal(
            capture.Bytes.Length == 2 ? 0 : capture.Client.StartsWith("aria2", StringComparison.Ordinal) ? 1 : 4,
            message.Added.Count);
        Assert.All(message.Added, peer => Assert.True(IsOurs(peer.EndPoint), $"{peer}"));
        Assert.Equal(message.Added, again.Added);
        Assert.Empty(message.Dropped);
    });

    [Fact]
    public void Local_service_discovery_announcements_are_parsed_and_encoded_unchanged() =>
        Assert.All(Capture.Of("lsd"), capture =>
    {
        LsdMessage? message = LsdMessage.TryParse(capture.Bytes);
        Assert.Equal("afa62eff21fd4e258e0eb8206907c18edbf517a2", $"{Assert.Single(message!.InfoHashes)}");
        Assert.Equal(capture.Client.StartsWith("aria2", StringComparison.Ordinal) ? 7003 : 7002, message.PeerPort);
        Assert.Equal(
            capture.Bytes, message.Encode(capture.Protocol == "lsd6" ? LsdMessage.GroupIPv6 : LsdMessage.GroupIPv4));
    });

    private static bool IsOurs(IPEndPoint endPoint) =>
        $"{endPoint.Address}" is { } text
            && (text.StartsWith("10.78.0.", StringComparison.Ordinal)
            || text.StartsWith("2001:db8:78:", StringComparison.Ordinal));

    private static byte[] Written(in KrpcMessage message)
    {
        byte[] buffer = new byte[KrpcMessage.MaxLength];
        return buffer[..message.Write(buffer)];
    }
}
