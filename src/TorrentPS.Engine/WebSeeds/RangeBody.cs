namespace TorrentPS.Engine.WebSeeds;

/// <summary>The body of a response to a range request: the requested range of a file, or the whole file.</summary>
internal sealed class RangeBody : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly ReadTimer _timer;

    /// <param name="response">The response. The body disposes it.</param>
    /// <param name="stream">The content stream of the response.</param>
    /// <param name="timer">Limits the time of each read. The body disposes it.</param>
    /// <param name="position">Offset of the body's first byte in the file.</param>
    /// <param name="isWhole">Whether the body is the whole file instead of the range.</param>
    public RangeBody(HttpResponseMessage response, Stream stream, ReadTimer timer, long position, bool isWhole)
    {
        _response = response;
        _stream = stream;
        _timer = timer;
        Position = position;
        IsWhole = isWhole;
    }

    /// <summary>Offset in the file of the next byte to read.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// Whether the body is the whole file, because the server doesn't support range requests.
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

    /// <summary>Ends a read and advances the position.</summary>
    /// <param name="count">The number of bytes read.</param>
    /// <exception cref="WebSeedException">The count is zero: the body ended early.</exception>
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

/// <summary>Cancels a wait for the server when the time limit has passed, or when the link closes.</summary>
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

    /// <summary>Starts the time limit.</summary>
    public void Start() => _source.CancelAfter(_limit);

    /// <summary>Stops the time limit. Called when the server has sent data.</summary>
    public void Stop() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        _closing.Dispose();
        _source.Dispose();
    }
}
