using TorrentPS.Engine.Network;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Transport;

namespace TorrentPS.Engine;

/// <content>Watches the network interface or address to which the session is bound.</content>
public sealed partial class TorrentSession
{
    /// <summary>
    /// Time between two checks of the interface to which the session is bound. A check takes about a millisecond. If
    /// the interface is lost between two checks, no packet leaves through a different one, because the sockets stay
    /// bound to the old one.
    /// </summary>
    private static readonly TimeSpan s_networkInterval = TimeSpan.FromSeconds(2);

    private ITimer? _networkTimer;
    private bool _mustRebind;

    /// <summary>Returns the interfaces of this machine; replaced in tests.</summary>
    internal Func<IReadOnlyList<LocalInterface>> ReadInterfaces { get; init; } = LocalInterface.ReadAll;

    /// <summary>
    /// Checks the interface to which the session is bound. If it is gone, pauses the torrents. If it has returned or
    /// changed, binds all sockets again and resumes the torrents that were paused for this reason.
    /// </summary>
    internal async Task RefreshNetworkAsync()
    {
        await _changing.WaitAsync();
        try
        {
            foreach (IAsyncDisposable removed in FollowNetwork())
                await removed.DisposeAsync();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Creates the resources that all torrents share, unless they exist.</summary>
    /// <exception cref="SessionException">
    /// The interface in the settings is not available, or the file of the IP filter can't be read.
    /// </exception>
    private SessionResources OpenResources()
    {
        if (_resources is not null)
            return _resources;
        if (Settings.IPFilter.Fault is { } unreadable)
            throw new SessionException(SessionErrorId.BadIPFilter, unreadable);
        var binding = NetworkBinding.Of(Settings, ReadInterfaces);
        if (binding.State.Fault is { } fault)
            throw new SessionException(SessionErrorId.InterfaceUnavailable, fault);
        if (binding.IsBound)
        {
            _networkTimer = _time.CreateTimer(
                _ => _ = RefreshNetworkAsync(), null, s_networkInterval, s_networkInterval);
        }

        _filterTimer = _time.CreateTimer(
            _ => _ = RefreshIPFilterAsync(), null, s_filterInterval, s_filterInterval);
        return _resources = new SessionResources(Settings, binding, _time, Events);
    }

    /// <returns>The peer sources that were replaced. The caller disposes them.</returns>
    private IReadOnlyList<IAsyncDisposable> FollowNetwork()
    {
        PeerListener? listener;
        lock (_gate)
        {
            if (_closed is not null || _resources is not { } resources)
                return [];
            _mustRebind |= resources.Binding.Refresh();
            if (resources.Binding.State.Fault is { } fault)
            {
                ForEachRunner(runner => runner.NetworkLost($"{resources.Binding}", fault));
                return [];
            }

            if (!_mustRebind)
                return [];
            listener = _listener;
        }

        // The port must be free before it is bound again. Dispose is called outside the lock, because it waits for a
        // callback that may need the lock.
        listener?.Dispose();
        lock (_gate)
            return _closed is null ? Rebind(_resources!, listener) : [];
    }

    private IReadOnlyList<IAsyncDisposable> Rebind(SessionResources resources, PeerListener? old)
    {
        if (old is not null)
        {
            if (PeerListener.TryBind(resources.Binding, [old.Port]) is not { } listener)
            {
                // The next check tries again.
                ForEachRunner(runner => runner.NetworkLost(
                    $"{resources.Binding}", $"Port {old.Port} can't be bound on '{resources.Binding}' again."));
                return [];
            }

            _listener = listener;
            StartListener(listener, resources);
        }

        _mustRebind = false;
        IReadOnlyList<IAsyncDisposable> removed = resources.PeerSources.Rebind();
        resources.PortMapper.Rebind();
        if (HasPublicTorrent)
            JoinDht(null);
        ForEachRunner(runner =>
        {
            runner.ApplySessionSettings();
            runner.NetworkReturned($"{resources.Binding}");
        });
        return removed;
    }

    private void StartListener(PeerListener listener, SessionResources resources)
    {
        var acceptor = new PeerAcceptor(resources, FindRunner, _closing.Token);
        listener.Start(socket => _ = acceptor.AcceptAsync(socket));
    }

    private void ForEachRunner(Action<TorrentRunner> action)
    {
        foreach (Torrent torrent in _torrents)
            action(torrent.Runner);
        foreach (TorrentRunner download in _metadataDownloads)
            action(download);
    }
}
