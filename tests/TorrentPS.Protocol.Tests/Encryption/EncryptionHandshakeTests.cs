using TorrentPS.Protocol.Encryption;

namespace TorrentPS.Protocol.Tests.Encryption;

public sealed class EncryptionHandshakeTests
{
    private const EncryptionMethods Both = EncryptionMethods.Rc4 | EncryptionMethods.PlainText;

    private static readonly byte[] s_payload = [.. Enumerable.Range(0, 68).Select(i => (byte)(i * 3))];

    [Theory]
    [InlineData(Both, Both, EncryptionMethods.Rc4)]
    [InlineData(EncryptionMethods.Rc4, Both, EncryptionMethods.Rc4)]
    [InlineData(Both, EncryptionMethods.Rc4, EncryptionMethods.Rc4)]
    [InlineData(EncryptionMethods.PlainText, Both, EncryptionMethods.PlainText)]
    [InlineData(Both, EncryptionMethods.PlainText, EncryptionMethods.PlainText)]
    public void Both_sides_agree_however_the_bytes_are_divided(
        EncryptionMethods offered, EncryptionMethods allowed, EncryptionMethods expected)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            byte[] payload = s_payload[..random.Next(s_payload.Length + 1)];
            var initiator = new InitiatorHandshake(HandshakeParts.Torrent, offered, payload, random);
            var responder = new ResponderHandshake(HandshakeParts.Find, allowed, random);

            Exchange(initiator, responder, random);

            Assert.True(initiator.IsComplete && responder.IsComplete, $"seed {seed}");
            Assert.Equal(expected, initiator.Method);
            Assert.Equal(expected, responder.Method);
            Assert.Equal(HandshakeParts.Torrent, responder.Torrent);
            Assert.Equal(payload, responder.TakeRemainder());
            AssertSameKeystream(initiator.Sending!, responder.Receiving!);
            AssertSameKeystream(responder.Sending!, initiator.Receiving!);
        }
    }

    /// <summary>The bytes of the other side's first messages may arrive together with its handshake.</summary>
    [Theory]
    [InlineData(EncryptionMethods.Rc4)]
    [InlineData(EncryptionMethods.PlainText)]
    public void Bytes_after_the_handshake_are_returned_decrypted(EncryptionMethods method)
    {
        var random = new Random(3);
        var initiator = new InitiatorHandshake(HandshakeParts.Torrent, method, s_payload, random);
        var responder = new ResponderHandshake(HandshakeParts.Find, Both, random);
        responder.Receive(initiator.TakeOutput());
        initiator.Receive(responder.TakeOutput());
        responder.Receive([.. initiator.TakeOutput(), .. After(initiator.Sending!)]);
        initiator.Receive([.. responder.TakeOutput(), .. After(responder.Sending!)]);

        Assert.Equal([.. s_payload, 1, 2, 3, 4, 5], responder.TakeRemainder());
        Assert.Equal([1, 2, 3, 4, 5], initiator.TakeRemainder());
        Assert.Empty(initiator.TakeRemainder());

        byte[] After(Rc4 cipher)
        {
            byte[] bytes = [1, 2, 3, 4, 5];
            if (method == EncryptionMethods.Rc4)
                cipher.Transform(bytes);
            return bytes;
        }
    }

    [Fact]
    public void The_longest_padding_is_accepted_and_the_bytes_look_random()
    {
        var lengths = new HashSet<int>();
        for (int seed = 0; seed < 2000; seed++)
        {
            byte[] first = new InitiatorHandshake(default, Both, [], new Random(seed)).TakeOutput();
            Assert.InRange(first.Length, DiffieHellmanKey.Length, DiffieHellmanKey.Length + EncryptionHandshake.MaxPadding);
            lengths.Add(first.Length);
        }

        Assert.True(lengths.Count > 480, "The padding has few lengths.");
        Assert.Contains(DiffieHellmanKey.Length + EncryptionHandshake.MaxPadding, lengths);

        var parts = new HandshakeParts { PaddingLength = EncryptionHandshake.MaxPadding, PayloadLength = 3, Payload = [7, 8, 9] };
        ResponderHandshake responder = Begin(parts, padding: EncryptionHandshake.MaxPadding, out byte[] key);
        responder.Receive(parts.Offer(key));
        Assert.True(responder.IsComplete);
        Assert.Equal([7, 8, 9], responder.TakeRemainder());
    }

    [Fact]
    public void A_payload_of_the_maximum_length_is_accepted_and_a_longer_one_is_refused()
    {
        byte[] payload = new byte[ResponderHandshake.MaxInitialPayload];
        new Random(1).NextBytes(payload);
        var parts = new HandshakeParts { PayloadLength = payload.Length, Payload = payload };
        ResponderHandshake responder = Begin(parts, padding: 0, out byte[] key);
        responder.Receive(parts.Offer(key));
        Assert.Equal(payload, responder.TakeRemainder());

        AssertRefused(
            EncryptionError.InitialPayloadTooLong, new HandshakeParts { PayloadLength = payload.Length + 1 });
    }

    [Fact]
    public void Wrong_parts_of_an_offer_are_refused_with_their_errors()
    {
        AssertRefused(EncryptionError.UnknownTorrent, new HandshakeParts { Named = default });
        AssertRefused(
            EncryptionError.BadVerification, new HandshakeParts { Verification = [0, 0, 0, 0, 0, 0, 0, 1] });
        AssertRefused(EncryptionError.NoCommonMethod, new HandshakeParts { Methods = 0 });
        AssertRefused(EncryptionError.NoCommonMethod, new HandshakeParts { Methods = 4 });
        AssertRefused(EncryptionError.NoCommonMethod, new HandshakeParts { Methods = 1 }, EncryptionMethods.Rc4);
        AssertRefused(EncryptionError.PaddingTooLong, new HandshakeParts { PaddingLength = 513 });
    }

    [Fact]
    public void A_responder_that_selects_what_was_not_offered_is_refused()
    {
        var random = new Random(1);
        var initiator = new InitiatorHandshake(HandshakeParts.Torrent, EncryptionMethods.PlainText, [], random);
        var responder = new ResponderHandshake(HandshakeParts.Find, Both, random);
        Exchange(initiator, responder, random);
        byte[] offersRc4 = Replay(EncryptionMethods.PlainText);

        var strict = new InitiatorHandshake(HandshakeParts.Torrent, EncryptionMethods.Rc4, [], new Random(8));
        EncryptionException error = Assert.Throws<EncryptionException>(() => strict.Receive(offersRc4));
        Assert.Equal(EncryptionError.NoCommonMethod, error.Error);

        // The same keys and paddings as the strict initiator's, but another offer.
        static byte[] Replay(EncryptionMethods offered)
        {
            var same = new InitiatorHandshake(HandshakeParts.Torrent, offered, [], new Random(8));
            var answers = new ResponderHandshake(HandshakeParts.Find, Both, new Random(9));
            answers.Receive(same.TakeOutput());
            byte[] key = answers.TakeOutput();
            same.Receive(key);
            answers.Receive(same.TakeOutput());
            return [.. key, .. answers.TakeOutput()];
        }
    }

    /// <summary>Random bytes end the wait when they exceed the longest padding, and not before.</summary>
    [Fact]
    public void A_padding_without_end_is_refused_after_512_bytes_and_the_pattern()
    {
        byte[] noise = new byte[2000];
        new Random(4).NextBytes(noise);
        foreach (EncryptionHandshake handshake in new EncryptionHandshake[]
        {
            new ResponderHandshake(HandshakeParts.Find, Both, new Random(1)),
            new InitiatorHandshake(default, Both, [], new Random(1)),
        })
        {
            int pattern = handshake is ResponderHandshake ? 20 : 8;
            int allowed = DiffieHellmanKey.Length + EncryptionHandshake.MaxPadding + pattern - 1;
            handshake.Receive(noise.AsSpan(0, allowed));
            EncryptionException error = Assert.Throws<EncryptionException>(
                () => handshake.Receive(noise.AsSpan(allowed, 1)));
            Assert.Equal(EncryptionError.NotSynchronized, error.Error);
        }
    }

    /// <summary>
    /// Mutated conversations: each side completes or throws its own exception, and never waits for more bytes than the
    /// limits allow.
    /// </summary>
    [Fact]
    public void Mutated_handshakes_throw_nothing_else_and_hold_few_bytes()
    {
        var (initiator, responder) = Record();
        int completed = 0, refused = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            bool attacksResponder = seed % 2 == 0;
            byte[] bytes = Mutation.Of(attacksResponder ? initiator : responder, initiator, seed);
            EncryptionHandshake victim = attacksResponder
                ? new ResponderHandshake(HandshakeParts.Find, Both, new Random(2))
                : new InitiatorHandshake(HandshakeParts.Torrent, Both, s_payload, new Random(1));
            try
            {
                var random = new Random(seed);
                for (int at = 0; at < bytes.Length;)
                {
                    int count = Math.Min(random.Next(1, 400), bytes.Length - at);
                    victim.Receive(bytes.AsSpan(at, count));
                    at += count;
                }

                completed += victim.IsComplete ? 1 : 0;
                Assert.InRange(victim.TakeRemainder().Length, 0, bytes.Length);
            }
            catch (EncryptionException)
            {
                refused++;
            }
        }

        Assert.InRange(completed, 1, 2999);
        Assert.InRange(refused, 1, 2999);
    }

    private static void AssertRefused(
        EncryptionError expected, HandshakeParts parts, EncryptionMethods allowed = Both)
    {
        ResponderHandshake responder = Begin(parts, padding: 11, out byte[] key, allowed);
        byte[] offer = parts.Offer(key);
        EncryptionException error = Assert.Throws<EncryptionException>(() => responder.Receive(offer));
        Assert.Equal(expected, error.Error);
        Assert.Empty(responder.TakeOutput());
    }

    private static ResponderHandshake Begin(
        HandshakeParts parts, int padding, out byte[] key, EncryptionMethods allowed = Both)
    {
        var responder = new ResponderHandshake(HandshakeParts.Find, allowed, new Random(2));
        responder.Receive([.. parts.Key, .. new byte[padding]]);
        key = responder.TakeOutput()[..DiffieHellmanKey.Length];
        return responder;
    }

    /// <summary>Returns all bytes that each side of a conversation sends; it repeats with the same seeds.</summary>
    private static (byte[] Initiator, byte[] Responder) Record()
    {
        var initiator = new InitiatorHandshake(HandshakeParts.Torrent, Both, s_payload, new Random(1));
        var responder = new ResponderHandshake(HandshakeParts.Find, Both, new Random(2));
        byte[] first = initiator.TakeOutput();
        responder.Receive(first);
        byte[] key = responder.TakeOutput();
        initiator.Receive(key);
        byte[] offer = initiator.TakeOutput();
        responder.Receive(offer);
        return ([.. first, .. offer], [.. key, .. responder.TakeOutput()]);
    }

    private static void Exchange(InitiatorHandshake initiator, ResponderHandshake responder, Random random)
    {
        for (int round = 0; round < 3; round++)
        {
            Pass(initiator.TakeOutput(), responder, random);
            Pass(responder.TakeOutput(), initiator, random);
        }
    }

    private static void Pass(byte[] bytes, EncryptionHandshake to, Random random)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(random.Next(1, random.Next(2, 900)), bytes.Length - at);
            to.Receive(bytes.AsSpan(at, count));
            at += count;
        }
    }

    private static void AssertSameKeystream(Rc4 one, Rc4 other)
    {
        byte[] first = new byte[100];
        byte[] second = new byte[100];
        one.Transform(first);
        other.Transform(second);
        Assert.Equal(first, second);
    }
}
