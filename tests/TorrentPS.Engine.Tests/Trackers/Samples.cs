using System.Net;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Tests.Trackers;

internal static class Samples
{
    public static readonly InfoHash Hash = new([0, 0xff, (byte)'&', (byte)'%', (byte)' ', .. "aaaaaaaaaaaaaaa"u8]);

    public static readonly PeerId Id = new("-TP0100-bbbbbbbbbbbb"u8);

    public static readonly AnnounceRequest Request = new()
    {
        InfoHash = Hash,
        PeerId = Id,
        Port = 6881,
        Left = 1000,
        Event = AnnounceEvent.Started,
        Key = 7,
    };

    public static AnnounceResponse Response(int seconds, params string[] peers) => new()
    {
        Peers = [.. peers.Select(IPEndPoint.Parse)],
        Interval = TimeSpan.FromSeconds(seconds),
    };
}
