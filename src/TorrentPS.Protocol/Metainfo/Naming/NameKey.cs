namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>When two names are one to a file system that ignores case (Windows, macOS) or Unicode form (macOS).</summary>
internal static class NameKey
{
    /// <summary>Equal for names that some file system takes for the same.</summary>
    public static string Of(string name) => CanonicalForm.Decompose(CanonicalForm.Decompose(name).ToUpperInvariant());
}
