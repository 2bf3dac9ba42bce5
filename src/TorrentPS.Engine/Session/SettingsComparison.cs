using System.Collections;
using System.Globalization;
using System.Reflection;

namespace TorrentPS.Engine.Session;

/// <summary>Describes a change of settings for the event log.</summary>
internal static class SettingsComparison
{
    /// <summary>
    /// Lists the properties that differ, for example <c>Settings changed: MaxPeers 100 → 50, Peers.</c> Numbers,
    /// Booleans, time spans and enumerations are listed with the old and the new value. Other values can be long, so
    /// only the names of their properties are listed.
    /// </summary>
    /// <returns>The list as one sentence; null if all properties are equal.</returns>
    public static string? Describe<T>(T before, T after)
        where T : class
    {
        var changes = new List<string>();
        foreach (PropertyInfo property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            (object? old, object? now) = (property.GetValue(before), property.GetValue(after));
            string values = IsShort(property.PropertyType) ? $" {Show(old)} → {Show(now)}" : "";
            if (!AreEqual(old, now))
                changes.Add(property.Name + values);
        }

        return changes.Count == 0 ? null : $"Settings changed: {string.Join(", ", changes)}.";
    }

    private static bool AreEqual(object? old, object? now) =>
        old is IEnumerable and not string && now is IEnumerable
            ? ((IEnumerable)old).Cast<object?>().SequenceEqual(((IEnumerable)now).Cast<object?>())
            : Equals(old, now);

    private static bool IsShort(Type type)
    {
        Type value = Nullable.GetUnderlyingType(type) ?? type;
        return value.IsPrimitive || value.IsEnum || value == typeof(TimeSpan);
    }

    private static string Show(object? value) =>
        value is null ? "unset" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
