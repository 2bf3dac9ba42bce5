using System.Diagnostics.Metrics;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>What dotnet-counters and other listeners see of a running session.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task A_listener_sees_a_running_session_and_nothing_of_a_closed_one()
    {
        // Three, because other tests run sessions with one or two at the same time.
        TestTorrent[] contents = [.. Enumerable.Range(1, 3).Select(i => new TestTorrent(16 * 1024, [], ("a", i * 10_000)))];
        var session = new TorrentSession(contents[0].LocalSession);
        foreach (TestTorrent content in contents)
        {
            session.Add(
                content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        }

        Assert.Contains(("torrentps.torrents", 3), Read());

        await session.DisposeAsync();
        Assert.DoesNotContain(("torrentps.torrents", 3), Read());
        foreach (TestTorrent content in contents)
            content.Dispose();
    }

    private static List<(string Name, long Value)> Read()
    {
        var seen = new List<(string, long)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "TorrentPS")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen.Add((instrument.Name, value)));
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen.Add((instrument.Name, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }
}
