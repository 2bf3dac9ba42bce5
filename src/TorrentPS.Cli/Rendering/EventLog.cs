using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Writes the events of a session to a file or to standard error when they occur.</summary>
internal sealed class EventLog : IAsyncDisposable
{
    private readonly TextWriter _output;
    private readonly bool _ownsOutput;
    private readonly Terminal _terminal;
    private Task _writing = Task.CompletedTask;

    private EventLog(TextWriter output, bool ownsOutput, Terminal terminal) =>
        (_output, _ownsOutput, _terminal) = (output, ownsOutput, terminal);

    /// <summary>Opens the file to which events are appended. Returns null if <paramref name="path"/> is null.</summary>
    /// <param name="path">Path of the file; <c>-</c> means standard error.</param>
    /// <param name="terminal">
    /// Standard error of the terminal receives a warning if the file cannot be written. It also receives the events if
    /// the path is <c>-</c>.
    /// </param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the file is denied.</exception>
    public static EventLog? Open(string? path, Terminal terminal) => path switch
    {
        null => null,
        "-" => new EventLog(terminal.Error, ownsOutput: false, terminal),
        _ => new EventLog(new StreamWriter(path, append: true), ownsOutput: true, terminal),
    };

    /// <summary>Starts to write the events of a session. Writing ends when the session is closed.</summary>
    public void Follow(SessionEventLog events) => _writing = Task.Run(() => WriteAsync(events));

    /// <summary>
    /// Waits until all events are written, and closes the file. The caller must close the session first, because the
    /// wait ends only then.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _writing;
        if (_ownsOutput)
            await _output.DisposeAsync();
    }

    private async Task WriteAsync(SessionEventLog events)
    {
        try
        {
            await foreach (SessionEvent entry in events.WatchAsync(after: 0))
                JsonLines.Write(_output, EventRecord.Of(entry));
        }
        catch (IOException e)
        {
            _terminal.Warn($"Cannot write the event log: {e.Message} No more events are logged.");
        }
    }
}

/// <summary>
/// An event of a session. The properties have the same names as in the module's TorrentEvent objects.
/// </summary>
internal sealed record EventRecord
{
    public required DateTimeOffset Time { get; init; }

    public required SessionEventKind Kind { get; init; }

    public string? Torrent { get; init; }

    public string? Peer { get; init; }

    public required string Message { get; init; }

    public string? InfoHash { get; init; }

    public int? ListenPort { get; init; }

    public required long Number { get; init; }

    public static EventRecord Of(SessionEvent entry) => new()
    {
        Time = entry.Time,
        Kind = entry.Kind,
        Torrent = entry.Torrent,
        Peer = entry.Peer?.ToString(),
        Message = entry.Message,
        InfoHash = entry.InfoHash?.ToString(),
        ListenPort = entry.ListenPort,
        Number = entry.Number,
    };
}
