namespace TorrentPS.Swarms.Reporting;

/// <summary>A table of details.</summary>
/// <param name="Columns">The column headers.</param>
/// <param name="Rows">The formatted cells.</param>
internal sealed record DetailTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>The result of a scenario.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Seed">The seed of all randomness.</param>
/// <param name="Details">The details.</param>
/// <param name="Figures">The figures, some with goals.</param>
internal sealed record ScenarioResult(string Scenario, int Seed, DetailTable Details, IReadOnlyList<Figure> Figures)
{
    /// <summary>The run time on this machine.</summary>
    public TimeSpan Elapsed { get; init; }

    public bool IsGood => Figures.All(figure => figure.IsGood);
}
