using System.Security.Cryptography;

namespace TorrentPS.Engine;

/// <summary>
/// Writes files atomically: a reader sees either the old or the new content, never a partly written file. This holds
/// even if the process ends during the write.
/// </summary>
public static class AtomicFile
{
    /// <summary>Extension of the temporary files. Eight hexadecimal digits stand before it.</summary>
    internal const string TemporaryExtension = ".tmp";

    /// <summary>
    /// Writes a temporary file in the target's folder and renames it to the target. On failure the temporary file is
    /// deleted.
    /// </summary>
    /// <param name="path">
    /// The path of the target. Its folder must exist unless <paramref name="ownerOnly"/> is true.
    /// </param>
    /// <param name="content">The new content.</param>
    /// <param name="overwrite">
    /// Whether to replace an existing file. If false and the file exists, the call fails and the file is unchanged.
    /// </param>
    /// <param name="ownerOnly">
    /// Whether only the owner may read the file, because it holds secrets. If true, a missing folder is created, and
    /// only the owner may access this folder. On Windows the permissions of the parent folder apply.
    /// </param>
    /// <param name="durable">
    /// Whether to flush the content to the disk before the rename. A power failure then leaves either the old or the
    /// new content.
    /// </param>
    /// <exception cref="IOException">
    /// The file can't be written, or it exists and <paramref name="overwrite"/> is false.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">Access to the folder or the file is denied.</exception>
    public static void Write(
        string path, ReadOnlySpan<byte> content, bool overwrite = true, bool ownerOnly = false, bool durable = false)
    {
        string temporary = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}{TemporaryExtension}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (ownerOnly)
        {
            OwnerOnly.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            OwnerOnly.Restrict(options);
        }

        try
        {
            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(durable);
            }

            File.Move(temporary, path, overwrite);
        }
        catch
        {
            TryDelete(temporary);
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
            // The caller gets the error of the write, which says more.
        }
    }
}
