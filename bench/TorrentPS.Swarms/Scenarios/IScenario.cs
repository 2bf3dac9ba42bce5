using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>A question put to the swarm's policies, answered by a run that a seed repeats.</summary>
internal interface IScenario
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>The question.</summary>
    string Question { get; }

    /// <summary>Runs it.</summary>
    /// <param name="seed">Where all chance comes from.</param>
    /// <param name="progress">Is told how it goes; null when nobody wants to know.</param>
    ScenarioResult Run(int seed, TextWriter? progress);
}
