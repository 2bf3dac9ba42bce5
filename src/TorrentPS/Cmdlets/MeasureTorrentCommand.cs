using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Measure-Torrent: writes samples of running torrents at a fixed interval.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentSample))]
public sealed class MeasureTorrentCommand : PipedTorrentCmdlet
{
    private readonly List<Torrent> _measured = [];
    private readonly Dictionary<Torrent, TorrentSample> _last = [];

    /// <summary>Time between two samples in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 86_400.0)]
    public double Interval { get; set; } = 1;

    /// <summary>Number of samples per torrent. -Count and -Duration cannot be used together.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>
    /// Maximum duration of the measurement in seconds. Without -Count and -Duration, the measurement runs until the
    /// torrents have ended or the user presses Ctrl+C.
    /// </summary>
    [Parameter]
    [ValidateRange(0.0, 1e9)]
    public double? Duration { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Count is not null && Duration is not null)
            ThrowTerminatingError(SampleTimes.CountAndDuration);
    }

    /// <summary>Takes the samples.</summary>
    protected override void EndProcessing()
    {
        foreach (TimeSpan elapsed in new SampleTimes(Interval, Count, Duration).Wait(Cancel))
        {
            foreach (Torrent torrent in _measured.ToArray())
                Sample(torrent, elapsed);
            if (_measured.Count == 0)
                return;
        }
    }

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        if (!_measured.Contains(torrent))
            _measured.Add(torrent);
    }

    private void Sample(Torrent torrent, TimeSpan elapsed)
    {
        // Read before the status. If the torrent has ended, the status read after that is final.
        bool hasEnded = torrent.Completion.IsCompleted;
        IReadOnlyList<PeerStatus> peers = Await(torrent.GetPeersAsync());
        var sample = new TorrentSample(DateTime.Now, elapsed, torrent, peers, _last.GetValueOrDefault(torrent));
        _last[torrent] = sample;
        WriteObject(sample);
        if (hasEnded)
            _measured.Remove(torrent);
    }
}
