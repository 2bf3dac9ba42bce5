using System.Diagnostics;
using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>The times of the samples that a monitoring cmdlet takes.</summary>
/// <param name="interval">Time between two samples in seconds.</param>
/// <param name="count">Number of samples; null means no maximum.</param>
/// <param name="duration">Maximum time between the first and the last sample in seconds; null means no maximum.</param>
internal sealed class SampleTimes(double interval, int? count, double? duration)
{
    /// <summary>Error record for a command with both -Count and -Duration.</summary>
    public static ErrorRecord CountAndDuration => ErrorRecords.InvalidArgument(
        "CountAndDuration",
        null,
        new ArgumentException("-Count and -Duration cannot be used together."),
        "Use one of them. Without both, the measurement runs until the torrents end or Ctrl+C.");

    /// <summary>
    /// Waits for the time of each sample, and returns the time since the start. Each sample is taken at a multiple of
    /// the interval after the start, so that delays do not add up.
    /// </summary>
    /// <exception cref="PipelineStoppedException">The token was cancelled.</exception>
    public IEnumerable<TimeSpan> Wait(CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        for (int taken = 0; ; taken++)
        {
            TimeSpan sampleTime = TimeSpan.FromSeconds(taken * interval);
            WaitUntil(start, sampleTime, cancel);
            yield return Stopwatch.GetElapsedTime(start);
            if (taken + 1 == count || sampleTime.TotalSeconds + interval > duration)
                yield break;
        }
    }

    private static void WaitUntil(long start, TimeSpan sampleTime, CancellationToken cancel)
    {
        TimeSpan left = sampleTime - Stopwatch.GetElapsedTime(start);

        // The wait has a resolution of one millisecond. It is rounded up, so that it does not end before the time.
        if (left > TimeSpan.Zero && cancel.WaitHandle.WaitOne((int)Math.Ceiling(left.TotalMilliseconds)))
            throw new PipelineStoppedException();
    }
}
