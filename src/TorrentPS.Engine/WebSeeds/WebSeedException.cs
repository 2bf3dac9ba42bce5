namespace TorrentPS.Engine.WebSeeds;

/// <summary>In which way a web seed failed.</summary>
internal enum WebSeedError
{
    /// <summary>It could not be reached, was silent for too long, or broke off.</summary>
    Unreachable,

    /// <summary>It says that it is busy; it may say for how long.</summary>
    Busy,

    /// <summary>It erred, or its answer makes no sense.</summary>
    BadAnswer,

    /// <summary>It does not have the file, or gives it to nobody, or has another in its place.</summary>
    NoFile,

    /// <summary>It will not become usable by trying again.</summary>
    Unusable,
}

/// <summary>A web seed did not give what it was asked for.</summary>
/// <param name="error">In which way.</param>
/// <param name="message">What happened, in a sentence.</param>
/// <param name="retryAfter">How long it asks to be left alone, if it says so.</param>
/// <param name="inner">The cause.</param>
internal sealed class WebSeedException(WebSeedError error, string message, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    public WebSeedError Error => error;

    public TimeSpan? RetryAfter => retryAfter;
}
