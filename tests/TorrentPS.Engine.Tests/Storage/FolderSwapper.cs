using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>
/// Replaces a folder by a symbolic link and back, as fast as it can, on a thread of its own. Each exchange is atomic
/// (<c>renameat2</c> with <c>RENAME_EXCHANGE</c>, Linux): there is no time at which neither exists.
/// </summary>
internal sealed class FolderSwapper : IDisposable
{
    private const int Exchange = 2;

    private readonly Thread _thread;
    private long _swaps;
    private volatile bool _stop;

    /// <param name="folder">The folder to replace.</param>
    /// <param name="link">The link that takes its place. The folder is then at the link's path.</param>
    public FolderSwapper(string folder, string link)
    {
        _thread = new Thread(() =>
        {
            while (!_stop)
            {
                Assert.Equal(0, Rename(0, folder, 0, link, Exchange));
                _swaps++;
            }
        });
        _thread.Start();
    }

    public long Swaps => Interlocked.Read(ref _swaps);

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    // The folder arguments are not used, because the paths are absolute.
    [DllImport("libc", EntryPoint = "renameat2", SetLastError = true, CharSet = CharSet.Ansi)]
    private static extern int Rename(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
