using System.Collections;
using System.Management.Automation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Binding;

/// <summary>
/// Refuses arguments that are not text. URLs and info hashes are accepted as text. Without this attribute, PowerShell
/// would bind any object from the pipeline to a string parameter, after converting it to a text such as
/// <c>@{Path=a.torrent}</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether a file or folder object is also accepted. It is converted to its full path.</summary>
    public bool AcceptsFiles { get; init; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            string text => text,
            Uri url => url.OriginalString,
            InfoHash or InfoHashV2 => inputData!.ToString(),
            // Escaped, because the characters [ and ] of a file name are no wildcards.
            FileSystemInfo file when AcceptsFiles => WildcardPattern.Escape(file.FullName),
            IEnumerable several and not IDictionary =>
                several.Cast<object?>().Select(each => Transform(engineIntrinsics, each)).ToArray(),
            var other => throw NotText(other),
        };

    /// <summary>
    /// Creates the exception for an object that is not text. Its inner exception makes PowerShell try the other
    /// parameters that accept the object from the pipeline.
    /// </summary>
    private static ArgumentTransformationMetadataException NotText(object value)
    {
        string message = $"An object of type {value.GetType().Name} is not text.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
