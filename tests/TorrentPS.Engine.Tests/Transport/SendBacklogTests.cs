using System.Net.Sockets;
using TorrentPS.Engine.Tests.Peers;
using TorrentPS.Engine.Transport;

namespace TorrentPS.Engine.Tests.Transport;

/// <summary>The bound on unsent bytes in the system's buffer.</summary>
public sealed class SendBacklogTests
{
    private const int Chunk = 16 * 1024;

    /// <summary>The system sends in packets of up to so much and lets the last one be whole.</summary>
    private const int Packet = 64 * 1024;

    [Fact]
    public async Task Unsent_bytes_wait_in_the_send_queue_and_not_in_the_system()
    {
        (Socket near, Socket remote) = await LoopbackPeer.PairAsync();
        using (near)
        using (remote)
        {
            SendBacklog.Apply(near);
            near.Blocking = false;
            long taken = 0;
            int sent;
            do
            {
                sent = near.Send(new byte[Chunk], SocketFlags.None, out SocketError error);
                taken += error == SocketError.Success ? sent : 0;
            }
            while (sent > 0);

            // Bytes at the other end have been sent. Only Windows sizes its buffer by itself.
            if (!OperatingSystem.IsWindows())
                Assert.InRange(taken - remote.Available, 0, SendBacklog.MaxUnsentBytes + Packet);
        }
    }
}
