using System.Net.Sockets;
using TorrentPS.Engine.Tests.Peers;
using TorrentPS.Engine.Transport;

namespace TorrentPS.Engine.Tests.Transport;

/// <summary>How much the system takes that it can't send yet.</summary>
public sealed class SendBacklogTests
{
    private const int Chunk = 16 * 1024;

    /// <summary>The system sends in packets of up to so much and lets the last one be whole.</summary>
    private const int Packet = 64 * 1024;

    [Fact]
    public async Task What_the_peer_does_not_take_waits_here_and_not_in_the_system()
    {
        (Socket ours, Socket theirs) = await LoopbackPeer.PairAsync();
        using (ours)
        using (theirs)
        {
            SendBacklog.Bound(ours);
            ours.Blocking = false;
            long taken = 0;
            int sent;
            do
            {
                sent = ours.Send(new byte[Chunk], SocketFlags.None, out SocketError error);
                taken += error == SocketError.Success ? sent : 0;
            }
            while (sent > 0);

            // What lies at the other end has been sent; only Windows decides for itself how much it keeps.
            if (!OperatingSystem.IsWindows())
                Assert.InRange(taken - theirs.Available, 0, SendBacklog.Limit + Packet);
        }
    }
}
