using System.Threading.Channels;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Tests.Trackers;

/// <summary>Passes each announce to the test, which gives the response.</summary>
internal sealed class FakeTrackerClient : ITrackerClient
{
    /// <summary>Returns the counts of a tracker, for every torrent.</summary>
    public Func<Uri, ScrapeCounts> Scrape { get; set; } = _ => default;

    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    public Task<AnnounceResponse> AnnounceAsync(Uri tracker, AnnounceRequest request, CancellationToken cancellation)
    {
        var call = new Call(tracker, request);
        Assert.True(_calls.Writer.TryWrite(call));
        return call.Answer.Task.WaitAsync(cancellation);
    }

    public Task<ScrapeResponse> ScrapeAsync(
        Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation) =>
        Task.FromResult(new ScrapeResponse(torrents.ToDictionary(torrent => torrent, _ => Scrape(tracker))));

    public Task<Call> NextAsync() => _calls.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public bool IsQuiet => _calls.Reader.Count == 0;

    internal sealed record Call(Uri Tracker, AnnounceRequest Request)
    {
        public TaskCompletionSource<AnnounceResponse> Answer { get; } = new(
            TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(string message = "gone") =>
            Answer.SetException(new TrackerException(TrackerErrorKind.Unreachable, Tracker, message));
    }
}
