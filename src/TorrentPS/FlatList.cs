using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;

namespace TorrentPS;

/// <summary>
/// A read-only list whose ToString method returns the texts of the items, separated by semicolons. Export-Csv writes
/// this text for a property of this type. For a property that is an array, it writes only the name of the type.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <remarks>ConvertTo-Json writes the list as an array.</remarks>
[CollectionBuilder(typeof(FlatList), nameof(FlatList.Create))]
public sealed class FlatList<T> : ReadOnlyCollection<T>
{
    internal FlatList(T[] items)
        : base(items)
    {
    }

    /// <summary>Number of items, under the name that arrays use.</summary>
    public int Length => Count;

    /// <summary>Returns the text of the list, for example <c>a.txt; b.txt</c>.</summary>
    public override string ToString() => string.Join("; ", this);
}

/// <summary>Creates instances of <see cref="FlatList{T}"/>.</summary>
public static class FlatList
{
    /// <summary>Creates a list. The compiler calls this method for collection expressions.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, which are copied.</param>
    public static FlatList<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());
}
