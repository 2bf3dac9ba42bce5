using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>
/// Which types are allocated, from the runtime's samples: one for about every 100 KiB, so that only what is allocated often is seen.
/// </summary>
internal sealed class AllocationProfile : EventListener
{
    private const EventKeywords GarbageCollection = (EventKeywords)1;
    private const int TypeNameField = 5;
    private const int AmountField = 3;

    private readonly ConcurrentDictionary<string, long> _bytes = new();

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Verbose, GarbageCollection);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true || eventData.Payload is not { } payload)
            return;
        long amount = Convert.ToInt64(payload[AmountField], CultureInfo.InvariantCulture);
        _bytes.AddOrUpdate(payload[TypeNameField] as string ?? "?", amount, (_, sum) => sum + amount);
    }

    public override string ToString() => string.Join(
        Environment.NewLine,
        _bytes.OrderByDescending(entry => entry.Value)
            .Select(entry => $"{entry.Value / 1024,10:n0} KiB  {entry.Key}"));
}
