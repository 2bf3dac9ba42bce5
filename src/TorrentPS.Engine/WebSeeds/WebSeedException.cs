using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

internal enum WebSeedError
{
    /// <summary>The server cannot be reached, sent nothing for too long, or closed the connection early.</summary>
    Unreachable,

    /// <summary>
    /// The server is temporarily unavailable (for example HTTP status 503). <see cref="WebSeedException.RetryAfter"/>
    /// may be set.
    /// </summary>
    Busy,

    /// <summary>The server reported an internal error, or its response does not match the request.</summary>
    BadAnswer,

    /// <summary>The server does not have the file, denies access to it, or has a file of another length.</summary>
    NoFile,

    /// <summary>The server cannot serve this torrent, and is not used again.</summary>
    Unusable,
}

/// <summary>Thrown when a request to a web seed fails. The message may quote the server.</summary>
internal sealed class WebSeedException(
    WebSeedError error, string message, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(DisplayText.Line(message), inner)
{
    public WebSeedError Error => error;

    /// <summary>The wait that the server requested; null if it requested none.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
