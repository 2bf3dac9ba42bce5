using System.Diagnostics;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>A small file system in memory (tmpfs). Needs root on Linux.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    public static SmallDisk? TryMount(TempFolder folder, string name, int bytes)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return null;
        string path = folder[name];
        Directory.CreateDirectory(path);
        return Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", path) ? new SmallDisk(path) : null;
    }

    public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", _path));

    public void Resize(int bytes) => Assert.True(Run("mount", "-o", $"remount,size={bytes}", _path));

    public void Dispose() => Assert.True(Run("umount", _path));

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using Process process =
                Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
