using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace TorrentPS;

/// <summary>
/// Wraps local times for output objects. PowerShell sees a <see cref="DateTime"/>, but Export-Csv and the default
/// display write the time in ISO 8601 with fractions of a second and the offset from UTC.
/// </summary>
/// <remarks>
/// Export-Csv writes the text that ToString returns. The text of an unwrapped DateTime depends on the language and has
/// no fractions of a second.
/// </remarks>
public static class IsoTime
{
    private static readonly MethodInfo s_format = typeof(IsoTime).GetMethod(nameof(Format))!;

    /// <summary>
    /// Implements the ToString method of the times that this class wraps. Without arguments, returns the time in ISO
    /// 8601, for example 2026-05-01T20:15:00.1234567+02:00. With arguments, returns the same text as the ToString
    /// method of <see cref="DateTime"/>.
    /// </summary>
    /// <param name="time">A time that this class has wrapped.</param>
    /// <param name="arguments">None, a format, a format provider, or both in this order.</param>
    public static string Format(PSObject time, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(arguments);
        object?[] given = [.. arguments.Select(argument => argument is PSObject wrapped ? wrapped.BaseObject : argument)];
        return ((DateTime)time.BaseObject).ToString(
            given.Length == 0 ? "O" : given.OfType<string>().FirstOrDefault(),
            given.OfType<IFormatProvider>().FirstOrDefault() ?? CultureInfo.CurrentCulture);
    }

    internal static PSObject Now => Of(DateTime.Now);

    internal static PSObject Of(DateTimeOffset time) => Of(time.LocalDateTime);

    internal static PSObject Of(DateTime time)
    {
        var wrapped = new PSObject(time);
        wrapped.Methods.Add(new PSCodeMethod("ToString", s_format));
        return wrapped;
    }
}
