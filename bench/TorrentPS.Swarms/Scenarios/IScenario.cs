using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>A scenario that measures the swarm's policies in a run determined by a seed.</summary>
internal interface IScenario
{
    /// <summary>The command-line name.</summary>
    string Name { get; }

    /// <summary>The question that the scenario answers.</summary>
    string Question { get; }

    /// <summary>Runs the scenario.</summary>
    /// <param name="seed">The seed of all randomness.</param>
    /// <param name="progress">Receives progress reports; may be null.</param>
    ScenarioResult Run(int seed, TextWriter? progress);
}
