using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>A web seed (BEP 19) as a block source. The swarm loop decides which blocks are requested from it.</summary>
[SuppressMessage(
    "Reliability", "CA1001", Justification = "The client is disposed when the loop has ended; nothing else needs it.")]
internal sealed class WebSeedLink : IBlockSource
{
    private readonly PeerContext _context;

    /// <summary>
    /// Cancelled when the link closes. It is never disposed, because <see cref="Close"/> may cancel it after the loop
    /// has ended. A cancellation token source without a timer holds no system resource.
    /// </summary>
    private readonly CancellationTokenSource _closing = new();
    private readonly RangeClient _client;
    private readonly FetchLoop _loop;
    private readonly IPEndPoint _unknown;
    private readonly Lock _gate = new();
    private DisconnectReason? _reason;
    private string? _detail;

    public WebSeedLink(
        WebSeedContent content, NetworkBinding binding, AddressFilter filter, PeerContext context, Random random)
    {
        _context = context;
        _unknown = new IPEndPoint(IPAddress.Any, content.Seed.Port);
        _client = new RangeClient(binding, filter, context.Time, _closing.Token);
        _loop = new FetchLoop(this, context, content, _client, new WebSeedBackoff(random), _closing.Token);
    }

    /// <summary>The server's address; 0.0.0.0 before the first connection.</summary>
    public IPEndPoint EndPoint => _client.EndPoint ?? _unknown;

    /// <inheritdoc/>
    public int TableIndex { get; set; } = -1;

    /// <summary>Bytes of content received. HTTP headers are not counted.</summary>
    public PeerTraffic Traffic => new(_loop.Received, 0, 0);

    /// <inheritdoc/>
    public bool IsHeldBack => _loop.IsHeldBack;

    /// <summary>
    /// Starts the fetch loop. The swarm loop must already have added this source, because the fetch loop may post
    /// messages at once.
    /// </summary>
    public void Start() => _context.Tasks.Run(RunAsync);

    /// <inheritdoc/>
    public void Request(BlockAddress block) => _loop.Requests.Add(block);

    /// <inheritdoc/>
    public void Cancel(BlockAddress block) => _loop.Requests.Cancel(block);

    /// <inheritdoc/>
    public void Flush() => _loop.Wake.Set();

    /// <inheritdoc/>
    public void Recycle(MessageBatch batch) => _loop.Recycle(batch);

    /// <inheritdoc/>
    public void Close(DisconnectReason reason, string? detail = null)
    {
        lock (_gate)
        {
            if (_reason is not null)
                return;
            (_reason, _detail) = (reason, detail);
        }

        _closing.Cancel();
        _loop.Wake.Set();
    }

    private async Task RunAsync()
    {
        string? failure = null;
        try
        {
            await _loop.RunAsync();
        }
        catch (Exception error)
        {
            // The link was closed, or the server failed too often. Any other error must end the link too: a torrent can
            // stop only when its connections have ended.
            failure = error.Message;
        }

        lock (_gate)
        {
            if (_reason is null)
                (_reason, _detail) = (DisconnectReason.Unusable, failure);
        }

        _loop.Release();
        _client.Dispose();
        _context.Events.Closed(this, _reason.Value, _detail);
    }
}
