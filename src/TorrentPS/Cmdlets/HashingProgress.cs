using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

internal static class HashingProgress
{
    public static ProgressRecord Of(string activity, ContentProgress progress) =>
        new(1, activity, $"{ByteSize.Format(progress.BytesChecked)} of {ByteSize.Format(progress.TotalBytes)}")
        {
            PercentComplete = (int)Math.Clamp(progress.Percent, 0, 100),
        };
}
