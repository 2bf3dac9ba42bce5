using System.Globalization;
using System.Management.Automation;

namespace TorrentPS.Binding;

/// <summary>
/// Converts the argument of an optional parameter that is also bound by property name. An empty text, such as an empty
/// cell of a CSV file, becomes null, as if the parameter were not given. An argument that cannot be converted is an
/// error. Without this attribute, PowerShell would ignore a property that it cannot convert.
/// </summary>
/// <param name="type">The type of the value: a number or an enumeration.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionalAttribute(Type type) : ArgumentTransformationAttribute
{
    /// <summary>The smallest number that is accepted.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>The largest number that is accepted.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null or "")
            return null;
        if (!LanguagePrimitives.TryConvertTo(value, type, CultureInfo.InvariantCulture, out object converted))
            throw new ArgumentTransformationMetadataException($"'{value}' is not {Expected()}.");
        if (type.IsEnum && !Enum.IsDefined(type, converted))
            throw new ArgumentTransformationMetadataException($"'{value}' is not {Expected()}.");
        if (!type.IsEnum && !IsInRange(Convert.ToDouble(converted, CultureInfo.InvariantCulture)))
            throw new ArgumentTransformationMetadataException($"'{value}' is out of range: expected {Range()}.");
        return converted;
    }

    private bool IsInRange(double number) => number >= Min && number <= Max;

    private string Range() => FormattableString.Invariant(
        double.IsInfinity(Max) ? (FormattableString)$"at least {Min}" : $"a number from {Min} to {Max}");

    private string Expected() => type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}" : "a number";
}
