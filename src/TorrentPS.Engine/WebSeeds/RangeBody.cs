namespace TorrentPS.Engine.WebSeeds;

/// <summary>The body of a response to a range request: the requested range of a file, or the whole file.</summary>
internal sealed class RangeBody : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly ReadTimer _timer;

    /// <summary>
    /// Creates the body. The body takes ownership of the response and the timer. <paramref name="position"/> is the
    /// file offset at which the body begins.
    /// </summary>
    public RangeBody(HttpResponseMessage response, Stream stream, ReadTimer timer, long position, bool isWhole)
    {
        _response = response;
        _stream = stream;
        _timer = timer;
        Position = position;
        IsWhole = isWhole;
    }

    /// <summary>File offset of the next byte to read.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// Whether the body is the whole file instead of the range, because the server does not support range requests.
    /// </summary>
    public bool IsWhole { get; }

    /// <summary>
    /// Starts a read. If no data is available at once, the read is cancelled after a time limit. When the read has
    /// completed, the caller must pass the number of bytes read to <see cref="EndRead"/>.
    /// </summary>
    public ValueTask<int> BeginRead(Memory<byte> destination)
    {
        ValueTask<int> reading = _stream.ReadAsync(destination, _timer.Token);
        if (!reading.IsCompleted)
            _timer.Start();
        return reading;
    }

    /// <summary>Ends a read, and advances the position by the number of bytes read.</summary>
    /// <exception cref="WebSeedException">The number is zero, because the body ended early.</exception>
    public void EndRead(int count)
    {
        _timer.Stop();
        if (count == 0)
            throw new WebSeedException(WebSeedError.BadAnswer, "The server ended the response early.");
        Position += count;
    }

    /// <summary>
    /// Checks that no more data follows the range. Does nothing if the server sent the whole file instead of the range,
    /// or declared the length of its response.
    /// </summary>
    /// <exception cref="WebSeedException">The response is longer than the range.</exception>
    public async ValueTask EndAsync()
    {
        if (IsWhole || _response.Content.Headers.ContentLength is not null)
            return;
        _timer.Start();
        byte[] more = new byte[1];
        if (await _stream.ReadAsync(more, _timer.Token) > 0)
            throw new WebSeedException(
                WebSeedError.BadAnswer, "The server's response is longer than the requested range.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _response.Dispose();
        _timer.Dispose();
    }
}

/// <summary>Cancels a read if the server sends nothing within a time limit, or when the link closes.</summary>
internal sealed class ReadTimer : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _closing;

    public ReadTimer(TimeSpan limit, TimeProvider time, CancellationToken closing)
    {
        _limit = limit;
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _closing = closing.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    public void Start() => _source.CancelAfter(_limit);

    public void Stop() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        _closing.Dispose();
        _source.Dispose();
    }
}
