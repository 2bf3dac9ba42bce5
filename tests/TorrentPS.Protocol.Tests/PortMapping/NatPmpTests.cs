using System.Net;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Protocol.Tests.PortMapping;

public sealed class NatPmpTests
{
    private static readonly byte[] s_mapped = Convert.FromHexString("0082000000000e101ae11ae200001c20");

    [Fact]
    public void Requests_are_encoded_as_in_RFC_6886()
    {
        Assert.Equal("0000", Convert.ToHexString(NatPmpRequest.ExternalAddress()));
        Assert.Equal(
            "000200001AE11AE200001C20",
            Convert.ToHexString(NatPmpRequest.Map(MappedTransport.Tcp, 6881, 6882, 7200)));
        Assert.Equal(
            "000100001AE1000000000000", Convert.ToHexString(NatPmpRequest.Map(MappedTransport.Udp, 6881, 0, 0)));
    }

    [Fact]
    public void Responses_are_parsed()
    {
        NatPmpResponse mapped = NatPmpResponse.TryParse(s_mapped)!;
        Assert.Equal(NatPmpResult.Success, mapped.Result);
        Assert.Equal(
            (MappedTransport.Tcp, 3600u, 6881, 6882, 7200u),
            (mapped.Transport!.Value, mapped.Epoch, mapped.InternalPort, mapped.ExternalPort, mapped.Lifetime));
        NatPmpResponse address = NatPmpResponse.TryParse(Convert.FromHexString("0080000000000001cb007105"))!;
        Assert.Equal(IPAddress.Parse("203.0.113.5"), address.ExternalAddress);
        Assert.Null(address.Transport);
        Assert.Equal(
            NatPmpResult.NotAuthorized, NatPmpResponse.TryParse(Convert.FromHexString("0081000200000001"))!.Result);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00820000")]
    [InlineData("0282000000000e101ae11ae200001c20")]
    [InlineData("0002000000000e101ae11ae200001c20")]
    [InlineData("0083000000000e101ae11ae200001c20")]
    [InlineData("0082000000000e101ae11ae2")]
    [InlineData("0080000000000e10cb0071")]
    public void Other_packets_are_ignored(string packet) =>
        Assert.Null(NatPmpResponse.TryParse(Convert.FromHexString(packet)));

    [Fact]
    public void Mutated_packets_are_parsed_or_ignored() =>
        Prop.ForAll<int>(seed =>
        {
            NatPmpResponse.TryParse(Mutation.Of(s_mapped, s_mapped, seed));
            return true;
        }).QuickCheckThrowOnFailure();
}
