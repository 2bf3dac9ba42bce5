using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Transport;

/// <summary>The time limits of both handshakes, in virtual time.</summary>
public sealed class HandshakeTimeTests
{
    /// <summary>Time in seconds from one peer to the other over a satellite.</summary>
    private const double Latency = 0.3;

    [Theory]
    [InlineData(1e9)]
    [InlineData(1e3)]
    public void A_peer_completes_the_handshakes_in_time(double bytesPerSecond)
    {
        InfoHash torrent = new([.. Enumerable.Range(1, 20).Select(i => (byte)i)]);
        byte[] first = new byte[Handshake.Length];
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var initiator = new InitiatorHandshake(torrent, EncryptionMethods.Rc4, first, random);
            var responder = new ResponderHandshake(_ => torrent, EncryptionMethods.Rc4, random);
            double seconds = 0;
            for (int roundTrip = 0; roundTrip < 2; roundTrip++)
            {
                responder.Receive(Send(initiator.TakeOutput()));
                initiator.Receive(Send(responder.TakeOutput()));
            }

            Assert.True(initiator.IsComplete && responder.IsComplete);
            Assert.InRange(seconds, 0, EncryptionExchange.Timeout.TotalSeconds);
            Send(first);
            Assert.InRange(seconds, 0, HandshakeExchange.Timeout.TotalSeconds);

            byte[] Send(byte[] bytes)
            {
                seconds += Latency + (bytes.Length / bytesPerSecond);
                return bytes;
            }
        }
    }
}
