namespace TorrentPS.Swarms.Reporting;

/// <summary>A table of a scenario's details.</summary>
/// <param name="Columns">The heads.</param>
/// <param name="Rows">The cells, as they are to be shown.</param>
internal sealed record DetailTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>What a scenario came to.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Seed">Where all its chance came from.</param>
/// <param name="Details">What happened.</param>
/// <param name="Figures">What it comes to.</param>
internal sealed record ScenarioResult(string Scenario, int Seed, DetailTable Details, IReadOnlyList<Figure> Figures)
{
    /// <summary>How long it took to run, on this machine.</summary>
    public TimeSpan Elapsed { get; init; }

    public bool IsGood => Figures.All(figure => figure.IsGood);
}
