using System.Diagnostics.Metrics;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>The meter of a session as <c>dotnet-counters</c> reads it.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task The_meter_counts_the_torrents_of_a_session_until_it_is_closed()
    {
        // Three, because other tests run sessions with one or two at the same time.
        TestTorrent[] contents =
        [
            .. Enumerable.Range(1, 3).Select(i => new TestTorrent(16 * 1024, [], ("a", i * 10_000))),
        ];
        var session = new TorrentSession(contents[0].LocalSession);
        foreach (TestTorrent content in contents)
        {
            session.Add(content.Metainfo, content.SeedSettings);
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
