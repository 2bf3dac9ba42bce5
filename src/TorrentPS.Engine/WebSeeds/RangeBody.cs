namespace TorrentPS.Engine.WebSeeds;

/// <summary>The body of a server's answer: the bytes of one file from a position on.</summary>
internal sealed class RangeBody : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly ReadPatience _patience;

    /// <param name="response">The answer; owned from here on.</param>
    /// <param name="stream">Its body.</param>
    /// <param name="patience">How long the server may be silent; owned from here on.</param>
    /// <param name="position">Where the body begins in the file, in bytes.</param>
    /// <param name="isWhole">Whether it goes on to the end of the file rather than of what was asked for.</param>
    public RangeBody(HttpResponseMessage response, Stream stream, ReadPatience patience, long position, bool isWhole)
    {
        _response = response;
        _stream = stream;
        _patience = patience;
        Position = position;
        IsWhole = isWhole;
    }

    /// <summary>Where in the file the next byte lies.</summary>
    public long Position { get; private set; }

    /// <summary>Whether it goes on to the end of the file: the server gives no parts.</summary>
    public bool IsWhole { get; }

    /// <summary>
    /// Begins to read; what is there at once comes at once. <see cref="EndRead"/> must follow, and between the two the server has
    /// <see cref="RangeClient.ReadTimeout"/>.
    /// </summary>
    public ValueTask<int> BeginRead(Memory<byte> destination)
    {
        ValueTask<int> reading = _stream.ReadAsync(destination, _patience.Token);
        if (!reading.IsCompleted)
            _patience.Start();
        return reading;
    }

    /// <summary>Takes the outcome of a read.</summary>
    /// <exception cref="WebSeedException">The body ended.</exception>
    public void EndRead(int count)
    {
        _patience.Stop();
        if (count == 0)
            throw new WebSeedException(WebSeedError.BadAnswer, "The server's answer is shorter than it said.");
        Position += count;
    }

    /// <summary>Makes sure that a body of unknown length ends where it should.</summary>
    /// <exception cref="WebSeedException">It goes on.</exception>
    public async ValueTask EndAsync()
    {
        if (IsWhole || _response.Content.Headers.ContentLength is not null)
            return;
        _patience.Start();
        byte[] more = new byte[1];
        if (await _stream.ReadAsync(more, _patience.Token) > 0)
            throw new WebSeedException(WebSeedError.BadAnswer, "The server's answer is longer than what it was asked for.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _response.Dispose();
        _patience.Dispose();
    }
}

/// <summary>How long a server may be silent: ends what waits for it when that has passed, or when the link closes.</summary>
internal sealed class ReadPatience : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _closing;

    public ReadPatience(TimeSpan limit, TimeProvider time, CancellationToken closing)
    {
        _limit = limit;
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _closing = closing.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    /// <summary>Ends what waits.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>From now on the server is waited for.</summary>
    public void Start() => _source.CancelAfter(_limit);

    /// <summary>It was heard.</summary>
    public void Stop() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        _closing.Dispose();
        _source.Dispose();
    }
}
