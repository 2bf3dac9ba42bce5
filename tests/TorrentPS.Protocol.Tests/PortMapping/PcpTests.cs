using System.Net;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Protocol.Tests.PortMapping;

public sealed class PcpTests
{
    private const string Nonce = "0102030405060708090a0b0c";

    private static readonly byte[] s_mapped = Convert.FromHexString(
        "028100000000070800000e10000000000000000000000000" + Nonce
        + "060000001ae11ae200000000000000000000ffffcb007105");

    [Fact]
    public void A_request_is_encoded_as_in_RFC_6887() =>
        Assert.Equal(
            "0201000000001C2000000000000000000000FFFFC0A80102" + Nonce.ToUpperInvariant()
                + "060000001AE11AE200000000000000000000FFFF00000000",
            Convert.ToHexString(Request("192.168.1.2").Encode()));

    [Fact]
    public void A_request_for_an_IPv6_pinhole_suggests_no_IPv4_address()
    {
        string packet = Convert.ToHexString(Request("2001:db8::2").Encode());
        Assert.Equal("20010DB8000000000000000000000002", packet[16..48]);
        Assert.EndsWith("1AE200000000000000000000000000000000", packet, StringComparison.Ordinal);
    }

    [Fact]
    public void A_response_is_parsed()
    {
        PcpMapResponse mapped = PcpMapResponse.TryParse(s_mapped)!;
        Assert.Equal(PcpResult.Success, mapped.Result);
        Assert.Equal(
            (1800u, 3600u, MappedTransport.Tcp, 6881, 6882),
            (mapped.Lifetime, mapped.Epoch, mapped.Transport, mapped.InternalPort, mapped.ExternalPort));
        Assert.Equal(IPAddress.Parse("203.0.113.5"), mapped.ExternalAddress);
        Assert.Equal(Nonce, Convert.ToHexString(mapped.Nonce.Span).ToLowerInvariant());
    }

    [Theory]
    [InlineData("0081000100000001")]
    [InlineData("01810001")]
    public void A_gateway_of_another_version_is_recognised(string packet) =>
        Assert.Equal(
            PcpResult.UnsupportedVersion, PcpMapResponse.TryParse(Convert.FromHexString(packet))!.Result);

    [Theory]
    [InlineData("")]
    [InlineData("0281")]
    [InlineData("02810000000007080000")]
    [InlineData("0080000000000001")]
    public void Other_packets_are_ignored(string packet) =>
        Assert.Null(PcpMapResponse.TryParse(Convert.FromHexString(packet)));

    [Fact]
    public void A_request_is_not_a_response() => Assert.Null(PcpMapResponse.TryParse(Request("192.168.1.2").Encode()));

    [Fact]
    public void A_packet_longer_than_the_limit_is_ignored() =>
        Assert.Null(PcpMapResponse.TryParse([.. s_mapped, .. new byte[PcpMapResponse.MaxLength]]));

    [Fact]
    public void Mutated_packets_are_parsed_or_ignored() =>
        Prop.ForAll<int>(seed => PcpMapResponse.TryParse(Mutation.Of(s_mapped, s_mapped, seed)) is not
        { Nonce.Length: not (0 or PcpMapRequest.NonceLength) }).QuickCheckThrowOnFailure();

    private static PcpMapRequest Request(string client) => new()
    {
        ClientAddress = IPAddress.Parse(client),
        Nonce = Convert.FromHexString(Nonce),
        Transport = MappedTransport.Tcp,
        InternalPort = 6881,
        ExternalPort = 6882,
        Lifetime = 7200,
    };
}
