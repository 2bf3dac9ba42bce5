using System.Management.Automation;
using System.Reflection;
using System.Text.Json;

namespace TorrentPS;

/// <summary>
/// Wraps arrays and dictionaries for output objects. PowerShell still sees an array or a dictionary, but Export-Csv
/// writes the value as text instead of writing the name of the type.
/// </summary>
public static class FlatText
{
    private static readonly MethodInfo s_format = typeof(FlatText).GetMethod(nameof(Format))!;

    /// <summary>Returns the text of a wrapped value: hexadecimal for bytes, otherwise JSON.</summary>
    /// <param name="value">A wrapped value.</param>
    public static string Format(PSObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.BaseObject is byte[] bytes
            ? Convert.ToHexStringLower(bytes)
            : JsonSerializer.Serialize(value.BaseObject);
    }

    internal static object Of(object value)
    {
        if (value is string or long or int)
            return value;
        var wrapped = new PSObject(value);
        wrapped.Methods.Add(new PSCodeMethod("ToString", s_format));
        return wrapped;
    }
}
