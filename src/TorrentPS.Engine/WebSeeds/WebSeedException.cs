namespace TorrentPS.Engine.WebSeeds;

/// <summary>The kind of failure of a request to a web seed.</summary>
internal enum WebSeedError
{
    /// <summary>The server can't be reached, sent nothing for too long, or closed the connection early.</summary>
    Unreachable,

    /// <summary>
    /// The server is temporarily unavailable (for example HTTP status 503). <see cref="WebSeedException.RetryAfter"/>
    /// may be set.
    /// </summary>
    Busy,

    /// <summary>The server reported an internal error, or its response doesn't match the request.</summary>
    BadAnswer,

    /// <summary>The server does not have the file, denies access to it, or has a file of another length.</summary>
    NoFile,

    /// <summary>The server can't serve this torrent. It isn't used again.</summary>
    Unusable,
}

/// <summary>A request to a web seed failed.</summary>
/// <param name="error">The kind of failure.</param>
/// <param name="message">What failed, as a sentence for the user.</param>
/// <param name="retryAfter">The wait that the server requested; null if none.</param>
/// <param name="inner">The underlying error.</param>
internal sealed class WebSeedException(
    WebSeedError error, string message, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    public WebSeedError Error => error;

    public TimeSpan? RetryAfter => retryAfter;
}
