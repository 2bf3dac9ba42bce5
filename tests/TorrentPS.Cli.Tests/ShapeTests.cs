using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Tests;

/// <summary>
/// Compares the properties in the console's JSON with those of the engine's records. They have the same names, except
/// for those listed here.
/// </summary>
public sealed class ShapeTests
{
    private static readonly TorrentStatus s_status = new()
    {
        Name = "a",
        InfoHash = new(new byte[20]),
        Destination = "/d",
        State = TorrentState.Paused,
        WebSeeds = 1,
        WebSeedFaults = [new WebSeedFault(new Uri("http://seed.example/"), "It is gone.")],
        ProtocolDownloaded = 2,
        ProtocolUploaded = 3,
        Elapsed = TimeSpan.FromSeconds(2),
        Downloaded = 10,
        Fault = new TorrentFault(TorrentFaultId.DiskFull, "/d/a", "The disk is full."),
    };

    [Fact]
    public void The_JSON_of_a_status_has_every_property_of_TorrentStatus_and_fault_id_and_warnings()
    {
        JsonObject json = Parse(TransferJson.Of(s_status, ["Careful."]));

        Assert.Equal([.. NamesOf(typeof(TorrentStatus)), "FaultId", "Warnings"], json.Select(property => property.Key));
        Assert.Equal("0000000000000000000000000000000000000000", (string?)json["InfoHash"]);
        Assert.Equal("Paused", (string?)json["State"]);
        Assert.Equal(("DiskFull", "The disk is full."), ((string?)json["FaultId"], (string?)json["Fault"]));
        Assert.Equal("It is gone.", (string?)json["WebSeedFaults"]![0]!["Message"]);
        Assert.Equal(
            (1, 2, 3), ((int)json["WebSeeds"]!, (int)json["ProtocolDownloaded"]!, (int)json["ProtocolUploaded"]!));
        Assert.Equal("Careful.", (string?)json["Warnings"]![0]);
    }

    [Fact]
    public void The_JSON_of_a_result_has_every_property_of_TorrentStatus_and_TorrentResult()
    {
        JsonObject json = Parse(TransferJson.Of(new TorrentResult(s_status, GoalReached: true), []));

        string[] own = [.. NamesOf(typeof(TorrentResult)).Where(name => name != nameof(TorrentResult.Status))];
        Assert.Equal(
            [.. NamesOf(typeof(TorrentStatus)).Concat(["FaultId", "Warnings"]).Concat(own).Order()],
            json.Select(property => property.Key).Order());
        Assert.Equal((true, 5L), ((bool)json["GoalReached"]!, (long)json["AverageRate"]!));
    }

    [Fact]
    public void An_event_record_has_every_property_of_SessionEvent() =>
        Assert.Equal(NamesOf(typeof(SessionEvent)).Order(), NamesOf(typeof(EventRecord)).Order());

    [Fact]
    public void A_peer_record_has_every_property_of_PeerProbeResult_and_the_CSV_has_every_property_of_the_record()
    {
        string[] shown = [.. NamesOf(typeof(PeerRecord))];
        var csv = new StringWriter();
        PeerCsv.Write(csv, [], keepFormulas: false);

        Assert.Empty(
            NamesOf(typeof(PeerProbeResult)).Select(name => name == "RoundTrip" ? "RoundTripMs" : name).Except(shown));
        Assert.Equal(shown, csv.ToString().Trim().Split(','));
    }

    [Fact]
    public void Each_number_of_a_status_is_written_under_its_own_name()
    {
        PropertyInfo[] numbers =
        [
            .. typeof(TorrentStatus).GetProperties().Where(property =>
                property.PropertyType == typeof(long) || property.PropertyType == typeof(int)
                || property.PropertyType == typeof(double)),
        ];
        var status = new TorrentStatus { Name = "a", Destination = "/d" };
        for (int i = 0; i < numbers.Length; i++)
            numbers[i].SetValue(status, Convert.ChangeType(i + 1, numbers[i].PropertyType, CultureInfo.InvariantCulture));

        JsonObject json = Parse(TransferJson.Of(status, []));

        Assert.NotEmpty(numbers);
        Assert.Equal(
            Enumerable.Range(1, numbers.Length).Select(i => (double)i), numbers.Select(n => (double)json[n.Name]!));
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static IEnumerable<string> NamesOf(Type type) => type.GetProperties().Select(property => property.Name);
}
