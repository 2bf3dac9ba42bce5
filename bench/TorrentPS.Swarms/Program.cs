using System.CommandLine;
using System.Diagnostics;
using TorrentPS.Simulation.Utp;
using TorrentPS.Swarms.Namespaces;
using TorrentPS.Swarms.Reporting;
using TorrentPS.Swarms.Scenarios;

IScenario[] scenarios = [
    new Choking(),
    new Efficiency(),
    new Diversity(),
    new Fairness(),
    new Hostility(),
    new FastLinks(),
    new Cost(),
    new Dht(),
    new UtpLinks(),
];

var seed = new Option<int>("--seed")
{
    Description = "The seed of all randomness. The same seed repeats the run.",
    DefaultValueFactory = _ => 1,
};
var json = new Option<bool>("--json") { Description = "Write the figures as a JSON object on the last line." };
var verbose = new Option<bool>("--progress") { Description = "Report progress on the error stream." };

var root = new RootCommand(
    "Measures the swarm's policies in deterministic simulations of whole swarms. The exit code is 1 if a figure misses "
    + "its goal.");
foreach (IScenario scenario in scenarios)
    root.Add(CommandFor(scenario.Name, scenario.Question, [scenario]));
root.Add(CommandFor("all", "Run all scenarios.", scenarios));
root.Add(LinksCommand());
root.Add(PeerCommand());
root.Add(FuzzCommand());
return await root.Parse(args).InvokeAsync();

Command CommandFor(string name, string description, IReadOnlyList<IScenario> chosen)
{
    var command = new Command(name, description) { seed, json, verbose };
    command.SetAction(result =>
    {
        var results = new List<ScenarioResult>();
        foreach (IScenario scenario in chosen)
        {
            var clock = Stopwatch.StartNew();
            ScenarioResult outcome = scenario.Run(
                result.GetValue(seed), result.GetValue(verbose) ? Console.Error : null);
            results.Add(outcome with { Elapsed = clock.Elapsed });
            Report.Show(results[^1]);
        }

        if (result.GetValue(json))
            Console.WriteLine(Report.Json(results));
        return results.All(outcome => outcome.IsGood) ? 0 : 1;
    });
    return command;
}

Command LinksCommand()
{
    var links = new RealLinks();
    var runs = new Option<int>("--runs")
    {
        Description = "Number of runs of each swarm of processes. The result is their mean.",
        DefaultValueFactory = _ => 3,
    };
    Command command = CommandFor(links.Name, links.Question, [links]);
    command.Add(runs);
    command.Validators.Add(result =>
    {
        links.Runs = Math.Max(1, result.GetValue(runs));
        if (ShapedNetwork.Hindrance() is { } hindrance)
            result.AddError($"Real links are not available: {hindrance}.");
    });
    return command;
}

// Runs one peer of a swarm of real processes.
Command PeerCommand()
{
    var order = new Argument<string>("order");
    var command = new Command(PeerEnd.Command) { order };
    command.Hidden = true;
    command.SetAction(result => PeerEnd.RunAsync(PeerOrder.Parse(result.GetRequiredValue(order))));
    return command;
}

Command FuzzCommand()
{
    var count = new Option<long>("--count")
    {
        Description = "Number of packets.",
        DefaultValueFactory = _ => 100_000_000,
    };
    var command = new Command("utp-fuzz", "Send hostile packets to the state machine of uTP.") { seed, count };
    command.SetAction(result =>
    {
        var clock = Stopwatch.StartNew();
        var fuzz = new UtpFuzz(result.GetValue(seed));
        fuzz.Run(result.GetValue(count));
        Console.WriteLine(
            $"{result.GetValue(count)} packets in {clock.Elapsed.TotalSeconds:0} s: {fuzz.Closed} connections closed, "
            + $"at most {fuzz.MostConnections} at a time with {fuzz.MostBuffered} buffered bytes each, "
            + $"{Environment.WorkingSet >> 20} MiB of memory");
    });
    return command;
}
