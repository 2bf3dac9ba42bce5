namespace TorrentPS.Hosting;

/// <summary>
/// Remembers the reported warnings, so that a warning is not reported again as long as its cause remains.
/// </summary>
internal sealed class NewWarnings
{
    private readonly HashSet<string> _reported = [];

    /// <summary>Returns the current warnings that were not in the list of the previous call.</summary>
    /// <param name="current">All current warnings.</param>
    public IReadOnlyList<string> Take(IReadOnlyCollection<string> current)
    {
        _reported.IntersectWith(current);
        return [.. current.Where(_reported.Add)];
    }
}
