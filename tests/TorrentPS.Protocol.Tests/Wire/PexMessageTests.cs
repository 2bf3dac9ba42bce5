using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class PexMessageTests
{
    [Fact]
    public void A_message_is_encoded_in_canonical_order_with_one_field_per_address_family()
    {
        byte[] written = Sample().Encode();

        Assert.Equal(
            "d5:added12:\u0001\u0002\u0003\u0004\u001a\u00e1\u0001\u0002\u0003\u0005\u001a\u00e27:added.f2:\u0002\u0010"
            + "6:added618: \u0001\r\u00b8\0\0\0\0\0\0\0\0\0\0\0\u0001\u001a\u00e18:added6.f1:\u0001"
            + "7:dropped6:\u0001\u0002\u0003\u0006\u001a\u00e18:dropped60:e",
            Encoding.Latin1.GetString(written));
    }

    [Fact]
    public void An_encoded_message_is_parsed_again() =>
        Prop.ForAll<uint[], byte>((hosts, flags) =>
        {
            PexPeer[] added = [.. hosts.Select(host => new PexPeer(EndPointOf(host), (PexFlags)(flags ^ (byte)host)))];
            added = [.. added.OrderBy(peer => peer.EndPoint.AddressFamily)];
            var message = new PexMessage { Added = added, Dropped = [.. added.Select(peer => peer.EndPoint)] };
            PexMessage read = PexMessage.Parse(message.Encode());
            return read.Added.SequenceEqual(message.Added) && read.Dropped.SequenceEqual(message.Dropped);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_address_that_is_not_unicast_is_left_out_with_its_flags()
    {
        PexMessage read = Parse(
            "d5:added18:\u0001\u0002\u0003\u0004\0\0\u00e0\0\0\u0001\u001a\u00e1\u0001\u0002\u0003\u0005\u001a\u00e1"
            + "7:added.f3:\u0001\u0002\u0004e");

        Assert.Equal([new PexPeer(new IPEndPoint(0x05030201, 6881), PexFlags.SupportsUtp)], read.Added);
    }

    [Fact]
    public void Missing_flags_and_fields_with_a_wrong_type_count_as_absent()
    {
        PexMessage read = Parse("d5:added6:\u0001\u0002\u0003\u0004\u001a\u00e17:added.fi3e7:droppedlee");

        Assert.Equal(PexFlags.None, Assert.Single(read.Added).Flags);
        Assert.Empty(read.Dropped);
    }

    [Fact]
    public void Mutated_messages_give_a_limited_number_of_addresses_or_throw_a_WireException() =>
        Prop.ForAll<int>(seed =>
        {
            byte[] broken = Mutation.Of(Sample().Encode(), seed);
            try
            {
                PexMessage read = PexMessage.Parse(broken);
                return read.Added.Count * 6 <= broken.Length && read.Added.All(peer => peer.EndPoint.Port > 0);
            }
            catch (WireException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    private static PexMessage Sample() => new()
    {
        Added =
        [
            new PexPeer(new IPEndPoint(IPAddress.Parse("1.2.3.4"), 6881), PexFlags.Seed),
            new PexPeer(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 6881), PexFlags.PrefersEncryption),
            new PexPeer(new IPEndPoint(IPAddress.Parse("1.2.3.5"), 6882), PexFlags.Reachable),
        ],
        Dropped = [new IPEndPoint(IPAddress.Parse("1.2.3.6"), 6881)],
    };

    private static IPEndPoint EndPointOf(uint host) => host % 2 == 0
        ? new IPEndPoint(new IPAddress([10, (byte)(host >> 16), (byte)(host >> 8), (byte)host]), 1
            + (int)(host % 65535))
        : new IPEndPoint(new IPAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(host >> 16),
            (byte)(host >> 8), (byte)host]), 6881);

    private static PexMessage Parse(string payload) => PexMessage.Parse(Encoding.Latin1.GetBytes(payload));
}
