using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Jobs;

/// <summary>
/// The job of an input that could not be read or started. Its state is always Failed. Its output is the result of the
/// input, which contains the error message.
/// </summary>
public sealed class FailedStartJob : TorrentJob
{
    internal FailedStartJob(string command, TorrentResult result, ErrorRecord failure)
        : base(command, result.Name)
    {
        Result = result;
        Failure = failure;
        Output.Add(PSObject.AsPSObject(result));
        Error.Add(failure);
        JobStates.Set(this, JobState.Failed, new TorrentException(StatusMessage, failure.Exception));
    }

    /// <summary>Null, because no torrent was started.</summary>
    public override TorrentStatus? Status => null;

    /// <inheritdoc/>
    public override TorrentResult Result { get; }

    /// <summary>The error message.</summary>
    public override string StatusMessage => Result.Error!;

    /// <summary>The destination folder that was given.</summary>
    public override string Location => Result.Destination;

    /// <summary>The error that prevented the start.</summary>
    internal ErrorRecord Failure { get; }

    internal override Torrent? Torrent => null;

    private protected override Task StopAsync() => Task.CompletedTask;

    private protected override Task SuspendAsync() => Task.CompletedTask;

    private protected override Task ResumeAsync() => Task.CompletedTask;
}
