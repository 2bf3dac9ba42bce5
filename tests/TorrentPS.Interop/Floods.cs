using System.Buffers.Binary;
using System.Text;

namespace TorrentPS.Interop;

/// <summary>
/// Valid messages that bring a seed nothing. A kind is about a megabyte of messages, which a peer can send again and
/// again.
/// </summary>
internal static class Floods
{
    private const int Length = 1 << 20;

    /// <summary>The names of the kinds, in the order of <see cref="All"/>.</summary>
    public static readonly string[] Kinds =
    [
        "bitfields",
        "extension handshakes",
        "unknown extended messages",
        "peer exchange",
        "metadata requests",
        "requests and cancels",
        "haves",
        "interest changes",
        "chokes and unchokes",
        "keep-alives",
        "ports",
        "a mixture",
    ];

    /// <summary>Returns the messages of all kinds for a torrent.</summary>
    public static byte[][] All(int pieces)
    {
        byte[] empty = new byte[(pieces + 7) / 8];
        byte[] half = new byte[empty.Length];
        half.AsSpan(0, half.Length / 2).Fill(0xff);
        byte[] padding = new byte[60_000];
        byte[] handshake =
            [.. Encoding.ASCII.GetBytes($"d1:md6:ut_pexi1ee1:v{padding.Length}:"), .. padding, (byte)'e'];
        byte[] addresses = [.. Enumerable.Range(0, 6 * 200).Select(i => (byte)(i % 200 + 11))];
        byte[] exchange = [1, .. Encoding.ASCII.GetBytes($"d5:added{addresses.Length}:"), .. addresses, (byte)'e'];
        byte[] request = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), 16 * 1024);
        byte[][] kinds =
        [
            Repeat(Stranger.Message(5, half), Stranger.Message(5, empty)),
            Repeat(Stranger.Message(20, [0, .. handshake])),
            Repeat(Stranger.Message(20, 99)),
            Repeat(Stranger.Message(20, exchange)),
            Repeat(Stranger.Message(20, [2, .. "d8:msg_typei0e5:piecei0ee"u8])),
            Repeat(Stranger.Message(6, request), Stranger.Message(8, request)),
            Repeat(Stranger.Message(4, 0, 0, 0, 0)),
            Repeat(Stranger.Message(2), Stranger.Message(3), Stranger.Message(2)),
            Repeat(Stranger.Message(0), Stranger.Message(1)),
            Repeat(new byte[4]),
            Repeat(Stranger.Message(9, 0, 0)),
        ];
        return [.. kinds, Repeat([.. kinds.Select(messages => messages[..4096])])];
    }

    private static byte[] Repeat(params byte[][] messages)
    {
        using var flood = new MemoryStream();
        while (flood.Length < Length)
        {
            foreach (byte[] message in messages)
                flood.Write(message);
        }

        return flood.ToArray();
    }
}
