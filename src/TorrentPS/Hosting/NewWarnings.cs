namespace TorrentPS.Hosting;

/// <summary>Remembers which warnings were reported, so that each is reported once while it lasts.</summary>
internal sealed class NewWarnings
{
    private readonly HashSet<string> _reported = [];

    /// <summary>
    /// Returns the warnings that were not in the previous call's list and were not reported before. A warning that has
    /// ceased in between counts as new.
    /// </summary>
    /// <param name="current">All current warnings.</param>
    public IReadOnlyList<string> Take(IReadOnlyCollection<string> current)
    {
        _reported.IntersectWith(current);
        return [.. current.Where(_reported.Add)];
    }
}
