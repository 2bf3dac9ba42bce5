using System.Text;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

/// <summary>Tests common to all extended messages that consist of a dictionary only.</summary>
public class ExtensionDictionaryTests
{
    public static TheoryData<WireError, string> Broken()
    {
        var cases = new TheoryData<WireError, string>();
        foreach (WireError error in s_readers.Keys)
        {
            foreach (string payload in (string[])["", "le", "i1e", "d1:m", "dexx", "d1:mlllllllllllleeeeeeeeeeeee"])
                cases.Add(error, payload);
        }

        return cases;
    }

    private static readonly Dictionary<WireError, (Action<byte[]> Parse, int MaxLength)> s_readers = new()
    {
        [WireError.BadExtensionHandshake] = (
            payload => ExtensionHandshake.Parse(payload), ExtensionHandshake.MaxLength),
        [WireError.BadPeerExchange] = (payload => PexMessage.Parse(payload), PexMessage.MaxLength),
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_payload_that_is_not_a_dictionary_throws_the_error_code_of_the_message(
        WireError error, string payload) =>
        Assert.Equal(
            error, Assert.Throws<WireException>(() => s_readers[error].Parse(Encoding.Latin1.GetBytes(payload))).Error);

    [Theory]
    [InlineData(WireError.BadExtensionHandshake)]
    [InlineData(WireError.BadPeerExchange)]
    public void A_payload_over_the_limit_throws_even_if_it_is_a_dictionary(WireError error)
    {
        (Action<byte[]> parse, int max) = s_readers[error];
        parse(DictionaryOf(max));
        Assert.Equal(error, Assert.Throws<WireException>(() => parse(DictionaryOf(max + 1))).Error);
    }

    /// <summary>A bencoded dictionary of the given length in bytes.</summary>
    private static byte[] DictionaryOf(int length) =>
        Encoding.ASCII.GetBytes($"d1:x{length - 11}:{new string('.', length - 11)}e");
}
