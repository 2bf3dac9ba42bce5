using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>A web seed (BEP 19) as the loop sees it: a peer that has everything and wants nothing. It decides nothing.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The client is disposed when the pump has ended; the rest needs no disposing.")]
internal sealed class WebSeedLink : IBlockSource
{
    private readonly PeerContext _context;

    /// <summary>Never disposed: whoever closes may be about to cancel it just when the pump has ended by itself. It holds nothing of the system.</summary>
    private readonly CancellationTokenSource _closing = new();
    private readonly RangeClient _client;
    private readonly FetchLoop _loop;
    private readonly IPEndPoint _unknown;
    private readonly Lock _gate = new();
    private DisconnectReason? _reason;
    private string? _detail;

    /// <param name="content">What the server has.</param>
    /// <param name="options">How it is asked.</param>
    /// <param name="context">What all connections of the torrent share.</param>
    /// <param name="random">By what pauses differ.</param>
    public WebSeedLink(WebSeedContent content, WebSeedOptions options, PeerContext context, Random random)
    {
        _context = context;
        _unknown = new IPEndPoint(IPAddress.Any, content.Seed.Port);
        _client = new RangeClient(content.Seed, options, context.Time, _closing.Token);
        _loop = new FetchLoop(this, context, content, _client, new WebSeedBackoff(random), _closing.Token);
    }

    /// <summary>The server's address; 0.0.0.0 until it was reached.</summary>
    public IPEndPoint EndPoint => _client.EndPoint ?? _unknown;

    /// <inheritdoc/>
    public int TableIndex { get; set; } = -1;

    /// <summary>The content alone: what HTTP adds to it is not counted.</summary>
    public PeerTraffic Traffic => new(_loop.Received, 0, 0);

    /// <inheritdoc/>
    public bool IsHeldBack => _loop.IsHeldBack;

    /// <summary>Starts the pump; to be called once the loop knows the link.</summary>
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
            // Cancelled, or the server was given up. Were it anything else, a link that never ends would hold up the end of its torrent.
            failure = error.Message;
        }

        lock (_gate)
        {
            if (_reason is null)
                (_reason, _detail) = (DisconnectReason.Unusable, failure);
        }

        _loop.ReturnAll();
        _client.Dispose();
        _context.Events.Closed(this, _reason.Value, _detail);
    }
}
