using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Runs the <see cref="GatewayMapper"/> of one gateway, with the sockets, HTTP requests and timer that it needs.
/// Thread-safe.
/// </summary>
internal sealed class GatewayClient : IGatewayLink, IAsyncDisposable
{
    /// <summary>
    /// Maximum time of one HTTP request, from the connection to the last byte. Gateways are on the local network and
    /// answer within a second.
    /// </summary>
    private static readonly TimeSpan s_httpTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly NetworkBinding _binding;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Gateway _gateway;
    private readonly GatewayMapper _mapper;
    private readonly Action<IPAddress, IPAddress?> _addressFound;
    private readonly HttpFetcher _http;
    private readonly CancellationTokenSource _closing = new();
    private readonly WaitGroup _tasks = new();
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _datagrams;
    private Socket? _searches;
    private bool _isReleasing;
    private IPAddress? _externalAddress;

    /// <param name="gateway">The gateway.</param>
    /// <param name="binding">The binding of the session.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Receives events for the session's event log.</param>
    /// <param name="addressFound">
    /// Receives the gateway's address and its external address when the latter changes; null when it is not known.
    /// </param>
    public GatewayClient(
        Gateway gateway,
        NetworkBinding binding,
        TimeProvider time,
        Action<SessionEventKind, string> report,
        Action<IPAddress, IPAddress?> addressFound)
    {
        _gateway = gateway;
        _addressFound = addressFound;
        _binding = binding;
        _time = time;
        _origin = time.GetTimestamp();
        _mapper = new GatewayMapper(gateway, this, Random.Shared, report);
        _http = new HttpFetcher(new HttpFetcherOptions
        {
            Resource = HttpResource.Gateway,
            Binding = binding,
            Server = gateway.Address,
        });
        _timer = time.CreateTimer(
            _ => Handle(now => _mapper.Tick(now)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public GatewayStatus Status
    {
        get
        {
            lock (_gate)
            {
                PortEntry[] mapped = [.. _mapper.MappedEntries];
                return new GatewayStatus
                {
                    Interface = _gateway.Interface,
                    Gateway = _gateway.Address,
                    LocalAddress = _gateway.LocalAddress,
                    Protocol = _mapper.Protocol,
                    ExternalAddress = _mapper.ExternalAddress,
                    Ports =
                    [
                        .. mapped.Select(entry => new MappedPort(
                            entry.Local.Transport, entry.Local.Port, entry.ExternalPort)),
                    ],
                    Since = mapped.Length == 0
                        ? null
                        : _time.GetUtcNow() - (Now - mapped.Min(entry => entry.MappedAt)),
                    Failure = _mapper.Failure,
                };
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Maps the given ports, and removes the mappings of all other ports. Returns at once.</summary>
    public void Use(IReadOnlyList<LocalPort> ports) => Handle(now => _mapper.Use(ports, now));

    /// <summary>
    /// Removes all mappings. The task completes when the gateway has confirmed the removal of each mapping, or no
    /// longer answers.
    /// </summary>
    public Task ReleaseAsync()
    {
        lock (_gate)
            _isReleasing = true;
        Use([]);
        return _released.Task;
    }

    /// <summary>Closes the sockets. Mappings that were not removed stay at the gateway until they expire.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _closing.CancelAsync();
        lock (_gate)
        {
            ReportAddress(null);
            _datagrams?.Dispose();
            _searches?.Dispose();
        }

        await _tasks.WhenIdleAsync();
        _http.Dispose();
        _closing.Dispose();
    }

    void IGatewayLink.Send(byte[] packet)
    {
        try
        {
            _datagrams ??= OpenDatagrams();
            _datagrams.Send(packet);
        }
        catch (SocketException)
        {
            // The mapper repeats the request, and then tries the next protocol.
        }
    }

    void IGatewayLink.Search()
    {
        try
        {
            _searches ??= OpenSearches();
            _searches.SendTo(SsdpMessage.EncodeSearch(), SsdpMessage.Group);
        }
        catch (SocketException)
        {
            // The mapper repeats the search.
        }
    }

    void IGatewayLink.Describe(Uri location) => _tasks.Run(async () =>
    {
        byte[]? description = await FetchAsync(
            cancellation => _http.GetAsync(location, null, null, cancellation), UpnpService.MaxDescriptionLength);
        Handle(now => _mapper.OnDescription(
            description is null ? (ReadOnlyMemory<byte>?)null : description, location, now));
    });

    void IGatewayLink.Invoke(UpnpAction action) => _tasks.Run(async () =>
    {
        byte[]? body = await FetchAsync(
            cancellation => _http.PostAsync(
                action.Service.ControlUrl,
                request =>
                {
                    request.Content = new ByteArrayContent(action.EncodeBody());
                    request.Content.Headers.TryAddWithoutValidation("Content-Type", "text/xml; charset=\"utf-8\"");
                    request.Headers.TryAddWithoutValidation("SOAPAction", action.Header);
                },
                cancellation),
            UpnpReply.MaxLength);
        UpnpReply? reply = body is null ? null : UpnpReply.TryParse(body);
        Handle(now => _mapper.OnReply(reply, now));
    });

    /// <summary>
    /// Returns the body of the response; null if the request fails or times out, or if the body is too long.
    /// </summary>
    private async Task<byte[]?> FetchAsync(Func<CancellationToken, Task<HttpReply>> request, int maxLength)
    {
        using var timeout = new CancellationTokenSource(s_httpTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _closing.Token);
        try
        {
            HttpReply reply = await request(either.Token);
            using HttpResponseMessage response = reply.Response;
            return await reply.ReadAsync(maxLength, either.Token);
        }
        catch (Exception error) when (error is HttpRequestException or HttpRefusedException or IOException
            or OperationCanceledException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Runs an action on the mapper, and sets the timer for the mapper's next tick.</summary>
    private void Handle(Action<TimeSpan> action)
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested)
                return;
            action(Now);
            ReportAddress(_mapper.ExternalAddress);
            TimeSpan? next = _mapper.NextTick - Now;
            _timer.Change(
                next is null ? Timeout.InfiniteTimeSpan : next < TimeSpan.Zero ? TimeSpan.Zero : next.Value,
                Timeout.InfiniteTimeSpan);
            if (_isReleasing && _mapper.IsReleased)
                _released.TrySetResult();
        }
    }

    private void ReportAddress(IPAddress? address)
    {
        if (Equals(address, _externalAddress))
            return;
        _externalAddress = address;
        _addressFound(_gateway.Address, address);
    }

    private Socket OpenDatagrams()
    {
        var target = new IPEndPoint(_gateway.Address, NatPmpRequest.Port);
        Socket socket = _binding.Open(target, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (!socket.IsBound)
                socket.Bind(new IPEndPoint(_gateway.LocalAddress, 0));
            socket.Connect(target);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _tasks.Run(() => ReceiveDatagramsAsync(socket));
        return socket;
    }

    private Socket OpenSearches()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            _binding.BindInterface(socket);
            socket.Bind(new IPEndPoint(_gateway.LocalAddress, 0));
            socket.SetSocketOption(
                SocketOptionLevel.IP, SocketOptionName.MulticastInterface, _gateway.LocalAddress.GetAddressBytes());
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _tasks.Run(() => ReceiveSearchResponsesAsync(socket));
        return socket;
    }

    private async Task ReceiveDatagramsAsync(Socket socket)
    {
        byte[] buffer = new byte[PcpMapResponse.MaxLength];
        while (true)
        {
            try
            {
                int length = await socket.ReceiveAsync(buffer, _closing.Token);
                Handle(now => _mapper.OnDatagram(buffer.AsSpan(0, length), now));
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused
                || error.SocketErrorCode == SocketError.ConnectionReset)
            {
                Handle(_mapper.OnUnreachable);
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.MessageSize)
            {
                // The packet is longer than any valid answer, and was dropped.
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException
                or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ReceiveSearchResponsesAsync(Socket socket)
    {
        byte[] buffer = new byte[SsdpMessage.MaxLength];
        var any = new IPEndPoint(IPAddress.Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult received = await socket.ReceiveFromAsync(buffer, any, _closing.Token);
                if (((IPEndPoint)received.RemoteEndPoint).Address.Equals(_gateway.Address)
                    && SsdpMessage.TryParseLocation(buffer.AsSpan(0, received.ReceivedBytes)) is { } location)
                    Handle(_ => _mapper.OnSearchResponse(location));
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.MessageSize)
            {
                // The packet is longer than any usual response, and was dropped.
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException
                or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
