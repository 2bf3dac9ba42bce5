using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace TorrentPS.Swarms.Reporting;

/// <summary>Writes results as Markdown tables and as a JSON object.</summary>
internal static class Report
{
    private const int Width = 160;

    public static void Show(ScenarioResult result)
    {
        AnsiConsole.Profile.Width = Width;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"## {result.Scenario}, seed {result.Seed} ({result.Elapsed.TotalSeconds:0.0} s)"));
        Console.WriteLine();
        if (result.Details.Rows.Count > 0)
            Write(result.Details);
        IReadOnlyList<IReadOnlyList<string>> rows = [.. result.Figures.Select(RowOf)];
        Write(new DetailTable(["figure", "value", "goal", "met"], rows));
    }

    /// <summary>
    /// Formats results as JSON: one object for a single result, otherwise an object with a member per scenario.
    /// </summary>
    public static string Json(IReadOnlyList<ScenarioResult> results)
    {
        JsonObject json = results.Count == 1
            ? ObjectOf(results[0])
            : new JsonObject(
                results.Select(result => KeyValuePair.Create<string, JsonNode?>(result.Scenario, ObjectOf(result))));
        return json.ToJsonString(JsonSerializerOptions.Default);
    }

    private static string[] RowOf(Figure figure)
    {
        string met = figure.Goal is null ? "" : figure.IsGood ? "yes" : "no";
        return [figure.Meaning, Number(figure.Value), figure.Goal?.ToString() ?? "", met];
    }

    private static JsonObject ObjectOf(ScenarioResult result)
    {
        var json = new JsonObject { ["scenario"] = result.Scenario, ["seed"] = result.Seed };
        foreach (Figure figure in result.Figures)
            json[figure.Key] = double.IsFinite(figure.Value) ? Math.Round(figure.Value, 6) : null;
        json["met"] = result.IsGood;
        return json;
    }

    private static void Write(DetailTable details)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns([.. details.Columns]);
        foreach (IReadOnlyList<string> row in details.Rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
        Console.WriteLine();
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
