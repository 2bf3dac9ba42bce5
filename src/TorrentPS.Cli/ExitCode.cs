namespace TorrentPS.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Failed; one line on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>A file is not a valid torrent.</summary>
    public const int NotATorrent = 3;

    /// <summary>Ended by SIGINT or SIGTERM before it was done (128 + 2, as shells have it).</summary>
    public const int Interrupted = 130;
}
