using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine.Session;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Get-Torrent: what the running torrents are doing.</summary>
[Cmdlet(VerbsCommon.Get, "Torrent", DefaultParameterSetName = "Name")]
[OutputType(typeof(TorrentStatus))]
public sealed class GetTorrentCommand : TorrentCmdlet
{
    /// <summary>Names of running torrents; wildcards allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Info hashes in hex.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "InfoHash")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrent jobs; other jobs are passed over.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Job")]
    [ValidateNotNullOrEmpty]
    public Job[] Job { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case "Job":
                Write(RunningTorrents.ByJobs(Job));
                break;
            case "InfoHash":
                foreach (string hash in InfoHash)
                    WriteFound("info hash", hash, RunningTorrents.ByInfoHash(hash));
                break;
            default:
                if (Name.Length == 0)
                    Write(RunningTorrents.All);
                foreach (string name in Name)
                    WriteFound("name", name, RunningTorrents.ByName(name));
                break;
        }
    }

    private void WriteFound(string what, string value, IReadOnlyList<Torrent> found)
    {
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(value))
            WriteError(ErrorRecords.NotRunning(what, value));
        Write(found);
    }

    private void Write(IEnumerable<Torrent> torrents)
    {
        foreach (Torrent torrent in torrents)
            WriteObject(TorrentStatus.Of(torrent));
    }
}
