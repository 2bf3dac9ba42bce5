using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The engine: a listening port, limits that all share, and any number of torrents. Nothing starts before it is used.
/// </summary>
public sealed partial class TorrentSession : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly List<Torrent> _torrents = [];
    private readonly CancellationTokenSource _closing = new();
    private SessionResources? _resources;
    private SessionMetrics? _metrics;
    private PeerListener? _listener;
    private Task? _closed;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="settings">What holds for the session; null takes the defaults.</param>
    /// <param name="time">The clock; null takes the system's.</param>
    public TorrentSession(SessionSettings? settings = null, TimeProvider? time = null)
    {
        Settings = settings ?? new SessionSettings();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The settings that hold now.</summary>
    public SessionSettings Settings { get; private set; }

    /// <summary>The port it listens on, or null while it doesn't.</summary>
    public int? ListenPort => _listener?.Port;

    /// <summary>The torrents in it, in the order they were added; ended ones until they are removed.</summary>
    public IReadOnlyList<Torrent> Torrents
    {
        get
        {
            lock (_gate)
                return [.. _torrents];
        }
    }

    /// <summary>How many received blocks wait for their piece: zero once closed.</summary>
    internal int BlocksOutstanding => _resources?.Blocks.Outstanding ?? 0;

    /// <summary>Adds a torrent and starts it. An ended one with the same info hash is replaced.</summary>
    /// <exception cref="SessionException">It is there already, no port can be bound, or the settings can't be met; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Torrent Add(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(settings);
        Check(metainfo, settings);
        TorrentSettings resolved = settings with { Destination = Path.GetFullPath(settings.Destination) };
        Torrent torrent;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            if (FindUnlocked(metainfo.WireHash) is { } existing)
            {
                if (!existing.Completion.IsCompleted)
                    throw new SessionException(SessionErrorId.DuplicateTorrent, $"'{metainfo.Name}' ({metainfo.WireHash}) is in this session already.");
                _torrents.Remove(existing);
            }

            Open();
            if (Settings.EnableDht && !metainfo.IsPrivate)
                _resources!.OpenDht(_listener!.Port);
            torrent = new Torrent(metainfo, resolved, _resources!, _listener!.Port);
            _torrents.Add(torrent);
        }

        torrent.Runner.Start();
        return torrent;
    }

    /// <summary>The torrent with that v1 info hash (or truncated v2 info hash), or null.</summary>
    public Torrent? Find(InfoHash infoHash)
    {
        lock (_gate)
            return FindUnlocked(infoHash);
    }

    /// <summary>Stops a torrent and forgets it. The data stays.</summary>
    public async Task RemoveAsync(Torrent torrent)
    {
        ArgumentNullException.ThrowIfNull(torrent);
        await torrent.StopAsync();
        lock (_gate)
            _torrents.Remove(torrent);
    }

    /// <summary>Changes what all torrents share, at once.</summary>
    /// <exception cref="SessionException">The change can't be met; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public void Apply(SessionChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            Settings = change.ApplyTo(Settings);
            if (_resources is null)
                return;
            _resources.Download.Limit = Settings.DownloadLimit;
            _resources.Upload.Limit = Settings.UploadLimit;
            _resources.Connections.MaxConnections = Settings.MaxConnections;
        }
    }

    /// <summary>Stops all torrents, tells the trackers (within <see cref="SessionSettings.CloseGrace"/>), and frees everything.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            return new ValueTask(_closed ??= Task.Run(CloseAsync));
    }

    private static void Check(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        if (metainfo.Version == MetainfoVersion.V2)
        {
            throw new SessionException(
                SessionErrorId.UnsupportedTorrent,
                $"'{metainfo.Name}' is a v2-only torrent: it can be read and verified, but not transferred yet. Use its hybrid or v1 form.");
        }

        bool isWhole = settings is { MaxPeers: >= 1, UploadSlots: null or >= 0, DownloadLimit: null or >= 1, UploadLimit: null or >= 1 };
        if (!isWhole || !(settings.SeedRatio >= 0) || settings.PieceCount < 0)
            throw new SessionException(SessionErrorId.BadSettings, "Limits and counts must be positive, upload slots and the seed ratio not negative.");
    }

    private Torrent? FindUnlocked(InfoHash infoHash) => _torrents.Find(torrent => torrent.Metainfo.WireHash == infoHash);

    private void Open()
    {
        if (_listener is not null)
            return;
        Settings.Check();
        (int first, int last) = Settings.Port is { } port ? new PortRange(port, port) : Settings.PortRange;
        _listener = PeerListener.TryBind(Settings.BindAddress, Enumerable.Range(first, last - first + 1))
            ?? throw new SessionException(
                SessionErrorId.PortUnavailable,
                $"No peer port could be bound: {(first == last ? $"port {first}" : $"ports {first}-{last}")}"
                + $" on {Settings.BindAddress?.ToString() ?? "any address"} is in use or not allowed. Choose another port or address.");
        _resources ??= new SessionResources(Settings, _time);
        _metrics = new SessionMetrics(this, _resources);
        _listener.Start(socket => _ = GreetAsync(socket));
    }

    private async Task GreetAsync(Socket socket)
    {
        SessionResources resources = _resources!;
        bool taken = false;
        if (resources.Connections.TryAccept())
        {
            try
            {
                Handshake? heard = await HandshakeExchange.AcceptAsync(socket, hash => Find(hash)?.Runner.Features, resources.PeerId, _closing.Token);
                if (heard is { } handshake && Find(handshake.InfoHash) is { } torrent)
                {
                    torrent.Runner.Accept(socket, handshake);
                    taken = true;
                }
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Whoever it was has gone.
            }

            if (!taken)
                resources.Connections.Release();
        }

        if (!taken)
            socket.Dispose();
    }

    private async Task CloseAsync()
    {
        _listener?.Dispose();
        await _closing.CancelAsync();
        await Task.WhenAll(Torrents.Select(torrent => torrent.StopAsync()));
        _metrics?.Dispose();
        if (_resources is not null)
            await _resources.DisposeAsync();
        _closing.Dispose();
    }
}
