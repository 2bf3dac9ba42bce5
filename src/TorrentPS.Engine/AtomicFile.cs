using System.Security.Cryptography;

namespace TorrentPS.Engine;

/// <summary>Writes files whole or not at all: who reads at any moment, or after the process was ended, never finds half of one.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside the target and gives it the target's name. Nothing is left behind when that fails.</summary>
    /// <param name="path">The target; its folder must be there.</param>
    /// <param name="content">What it shall hold.</param>
    /// <param name="overwrite">Whether a file that is there already makes room; else it is an error and stays as it is.</param>
    /// <param name="ownerOnly">Whether it holds secrets, so that only its owner may read it. On Windows the folder decides who may.</param>
    /// <param name="durable">Whether to wait until the disk has it, so that it outlasts a power failure, too.</param>
    /// <exception cref="IOException">It can't be written, or is there and must not be overwritten.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, bool overwrite = true, bool ownerOnly = false, bool durable = false)
    {
        string draft = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (ownerOnly && !OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var file = new FileStream(draft, options))
            {
                file.Write(content);
                file.Flush(durable);
            }

            File.Move(draft, path, overwrite);
        }
        catch
        {
            TryDelete(draft);
            throw;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It could not be written either: that error is the one to tell.
        }
    }
}
