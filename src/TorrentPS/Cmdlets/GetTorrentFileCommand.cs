using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Get-TorrentFile: writes progress, priority and pieces of each file of running torrents.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentFile", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentFileProgress))]
public sealed class GetTorrentFileCommand : PipedTorrentCmdlet
{
    /// <inheritdoc/>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningTorrentCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        if (torrent.Metainfo is null)
        {
            WriteWarning($"The files of '{torrent.Status.Name}' are not known before its metadata is received.");
            return;
        }

        foreach (FileStatus file in Await(torrent.GetFilesAsync()))
            WriteObject(new TorrentFileProgress(torrent.Status, file));
    }
}
