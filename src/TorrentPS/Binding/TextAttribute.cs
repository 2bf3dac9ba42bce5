using System.Collections;
using System.Management.Automation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Binding;

/// <summary>
/// Refuses arguments that are not text. Without this attribute, PowerShell binds any object of the pipeline to a string
/// parameter, with a text such as <c>@{Path=a.torrent}</c>. A URL and an info hash count as text.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether a file or folder object counts as its full path.</summary>
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
    /// The inner exception makes PowerShell try the other parameters that accept the object from the pipeline.
    /// </summary>
    private static ArgumentTransformationMetadataException NotText(object value)
    {
        string message = $"An object of type {value.GetType().Name} is not text.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
