using System.Globalization;
using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Binding;

/// <summary>
/// Converts a value of a parameter to a <see cref="TimeSpan"/> above zero: a number of seconds, or text such as
/// <c>30m</c> (<see cref="DurationText"/>). An empty text, as in a blank cell of a CSV file, becomes null.
/// </summary>
/// <remarks>PowerShell itself reads the number 30 as 30 units of 100 ns, and the text "30" as 30 days.</remarks>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject { BaseObject: var inner } ? inner : inputData;
        if (value is null or "")
            return null;
        if (value is TimeSpan span && span > TimeSpan.Zero)
            return span;
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return value is not TimeSpan && DurationText.TryParse(text, out TimeSpan parsed)
            ? parsed
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a time span above 0. Give seconds, such as 90, or text such as '30m' or '01:30:00'.");
    }
}
