using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Tests.Peers;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>
/// A link to a web server of the test. The test plays the swarm loop: it requests blocks and takes batches. Disposing
/// checks that no task and no block is left.
/// </summary>
internal sealed class WebSeedHarness : IAsyncDisposable
{
    public static readonly TimeSpan Limit = FakeSwarmLoop.Limit;

    private const int Seed = 1;

    private readonly FakeSwarmLoop _loop = new();
    private readonly byte[] _all;

    public WebSeedHarness(WebContent content, long? download = null)
    {
        Content = content;
        TorrentMetainfo metainfo = content.Metainfo;
        _all = new byte[metainfo.Geometry.TotalLength];
        string root = Path.GetDirectoryName(content.Source)!;
        foreach (TorrentFile file in metainfo.Files.Where(file => !file.IsPadding))
            File.ReadAllBytes(Path.Combine(root, file.OriginalPath ?? file.Path)).CopyTo(_all, file.Offset);
        var limit = new RateLimit(null, download, Time);
        var context = new PeerContext(_loop, Pool, limit, limit, Time, _loop.Tasks);
        Assert.True(WebSeedUrl.TryParse(metainfo.WebSeeds[0], out Uri? seed));
        Link = new WebSeedLink(
            new WebSeedContent(metainfo, ContentLayout.Of(metainfo), seed),
            NetworkBinding.Any,
            Filter,
            context,
            new Random(Seed));
        Link.Start();
    }

    public WebContent Content { get; }

    public WebServer Server => Content.Server;

    public WebSeedLink Link { get; }

    public AddressFilter Filter { get; } = new();

    public FakeTime Time { get; } = new();

    public BlockPool Pool { get; } = new(64 * TorrentGeometry.BlockLength);

    public Task<(DisconnectReason Reason, string? Detail)> Closed => _loop.Closed;

    public TorrentGeometry Geometry => Content.Metainfo.Geometry;

    /// <summary>The waits that the link makes after failures.</summary>
    public static WebSeedBackoff NewBackoff() => new(new Random(Seed));

    /// <summary>All blocks of the given pieces.</summary>
    public BlockAddress[] Blocks(params int[] pieces) =>
        [.. pieces.SelectMany(piece => Enumerable.Range(0, Geometry.BlockCountOf(new(piece))).Select(
            block => Geometry.Block(new(piece), block)))];

    /// <summary>Requests blocks in one turn, as the swarm loop does.</summary>
    public void Ask(params BlockAddress[] blocks)
    {
        foreach (BlockAddress block in blocks)
            Link.Request(block);
        Link.Flush();
    }

    /// <summary>Takes the next batch without returning it.</summary>
    public Task<MessageBatch> TakeAsync() => _loop.TakeAsync();

    /// <summary>
    /// Handles messages until the given one and returns their names, or addresses for blocks. It checks the blocks
    /// against the content.
    /// </summary>
    public async Task<List<string>> ReceiveUntilAsync(string last)
    {
        var received = new List<string>();
        while (!received.Contains(last))
            received.AddRange(Handle(await TakeAsync()));
        return received;
    }

    /// <summary>
    /// Handles messages until all given blocks have arrived. It fails on another order or another message.
    /// </summary>
    public async Task ExpectAsync(params BlockAddress[] blocks)
    {
        var received = new List<string>();
        while (received.Count < blocks.Length)
            received.AddRange(Handle(await TakeAsync()));
        Assert.Equal([.. blocks.Select(block => $"{block}")], received);
    }

    /// <summary>Handles the first messages of the link.</summary>
    public async Task<WebSeedHarness> ConnectedAsync()
    {
        Assert.Equal(["HaveAll", "Unchoke"], await ReceiveUntilAsync("Unchoke"));
        return this;
    }

    public List<string> Handle(MessageBatch batch)
    {
        var received = new List<string>();
        for (int i = 0; i < batch.Count; i++)
        {
            PeerEvent message = batch[i];
            received.Add(message.Id switch
            {
                PeerMessageId.Piece => $"{message.Address}",
                PeerMessageId.Reject => $"Reject {message.Address}",
                PeerMessageId.Bitfield => $"Bitfield {Convert.ToHexString(message.Body!)}",
                _ => $"{message.Id}",
            });
            if (message.Block is not { } block)
                continue;
            long offset = Geometry.OffsetOf(message.Address.Piece) + message.Address.Begin;
            Assert.True(
                block.Span[..message.Address.Length].SequenceEqual(_all.AsSpan((int)offset, message.Address.Length)),
                $"{message.Address} differs");
            Pool.Return(block);
        }

        Link.Recycle(batch);
        return received;
    }

    public async ValueTask DisposeAsync()
    {
        await _loop.EndAsync(Link, batch => Handle(batch));
        Assert.Equal(0, Pool.Outstanding);
        await Content.DisposeAsync();
    }
}
