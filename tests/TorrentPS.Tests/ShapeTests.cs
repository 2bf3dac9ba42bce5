using System.Reflection;
using TorrentPS.Engine;

namespace TorrentPS.Tests;

/// <summary>
/// Checks that the module's output classes have every property of the engine's records, with the same names except
/// those listed here.
/// </summary>
public sealed class ShapeTests
{
    [Fact]
    public void A_status_has_every_property_of_the_engine_record() =>
        Compare(typeof(Engine.TorrentStatus), typeof(TorrentStatus), new()
        {
            ["Fault"] =
            ["Fault", "FaultId"],
            ["HasEnded"] = []
        });

    [Fact]
    public void A_status_shows_every_setting_that_can_change_while_the_torrent_is_running() =>
        Compare(
            typeof(TorrentSettings),
            typeof(TorrentStatus),
            new()
            {
                ["Strategy"] = ["PieceStrategy"],

                // Get-TorrentPiece shows which pieces are wanted. The other settings are fixed.
                ["Include"] = [],
                ["Exclude"] = [],
                ["FilePriorities"] = [],
                ["Role"] = [],
                ["Peers"] = [],
                ["StopWhen"] = [],
                ["SeedRatio"] = [],
                ["Timeout"] = [],
                ["StallTimeout"] = [],
                ["Allocation"] = [],
                ["SkipCheck"] = [],
                ["OverwriteFiles"] = [],

                // Shown as part of Path.
                ["ContentName"] = [],
                ["AllowPartial"] = [],
            });

    [Fact]
    public void A_result_has_every_property_that_applies_to_an_ended_torrent() =>
        Compare(
            typeof(Engine.TorrentStatus),
            typeof(TorrentResult),
            new()
            {
                ["Fault"] = ["Fault", "FaultId"],
                ["HasEnded"] = [],
                ["StalledReason"] = [],
                ["StalledSince"] = [],
                ["DownloadRate"] = [],
                ["UploadRate"] = [],
                ["Eta"] = [],
                ["Peers"] = [],
                ["Seeds"] = [],
                ["KnownPeers"] = [],
                ["WebSeeds"] = [],
                ["WebSeedFaults"] = [],
                ["PiecesHave"] = [],
                ["PieceCount"] = [],
                ["Added"] = [],
                ["CompletedAt"] = [],
                ["ProtocolDownloaded"] = [],
                ["ProtocolUploaded"] = [],
            });

    [Fact]
    public void A_result_has_every_property_of_the_engine_result() =>
        Compare(typeof(Engine.TorrentResult), typeof(TorrentResult), new() { ["Status"] = ["State"] });

    [Fact]
    public void A_peer_has_every_property_of_the_engine_record() =>
        Compare(
            typeof(PeerStatus),
            typeof(TorrentPeer),
            new()
            {
                ["EndPoint"] = ["Address", "Port"],
                ["RoundTrip"] = ["RoundTripMs"],
                ["Connected"] =
                ["ConnectedSeconds"]
            });

    [Fact]
    public void A_probed_peer_has_every_property_of_the_probe_result() =>
        Compare(typeof(PeerProbeResult), typeof(TorrentPeer), new() { ["RoundTrip"] = ["RoundTripMs"] });

    [Fact]
    public void A_piece_has_every_property_of_the_engine_record() => Compare(typeof(PieceStatus), typeof(TorrentPiece), []);

    [Fact]
    public void A_tracker_has_every_property_of_the_engine_record() =>
        Compare(typeof(TrackerStatus), typeof(TorrentTrackerStatus), []);

    [Fact]
    public void An_event_has_every_property_of_the_engine_record() =>
        Compare(typeof(SessionEvent), typeof(TorrentEvent), []);

    [Fact]
    public void A_DHT_node_has_every_property_of_the_engine_record() =>
        Compare(typeof(DhtNodeStatus), typeof(TorrentDht), new() { ["Good"] = ["Nodes"] });

    [Fact]
    public void A_DHT_bucket_has_every_property_of_the_engine_record() =>
        Compare(typeof(DhtBucketStatus), typeof(TorrentDhtBucket), new() { ["Good"] = ["Nodes"] });

    [Fact]
    public void A_session_shows_every_setting_of_Set_TorrentSession() =>
        Compare(
            typeof(SessionSettings),
            typeof(TorrentSessionInfo),
            new()
            {
                // Settings only for programs that use the engine directly.
                ["PortRange"] = [],
                ["MaxHalfOpen"] = [],
                ["BlockMemory"] = [],
                ["MaxOpenFiles"] = [],
                ["RandomSeed"] = [],
                ["CloseGrace"] = [],
            });

    /// <summary>
    /// Compares property names. Types are compared if the names are equal and the engine's type is a primitive, an
    /// engine enumeration or a time.
    /// </summary>
    private static void Compare(Type engine, Type module, Dictionary<string, string[]> renamed)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance;
        PropertyInfo[] properties = engine.GetProperties(Own);
        Assert.Empty(renamed.Keys.Except(properties.Select(property => property.Name)));
        foreach (PropertyInfo property in properties)
        {
            foreach (string name in renamed.GetValueOrDefault(property.Name, [property.Name]))
            {
                PropertyInfo? shown = module.GetProperty(name, Own);
                Assert.True(shown is not null, $"{module.Name} lacks {name} of {engine.Name}.");
                if (name == property.Name && IsPlain(property.PropertyType))
                    Assert.Equal(Plain(property.PropertyType), Plain(shown.PropertyType));
            }
        }
    }

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static bool IsPlain(Type type) =>
        Plain(type).IsPrimitive || Plain(type) == typeof(TimeSpan)
            || (Plain(type).IsEnum && Plain(type).Assembly == typeof(Torrent).Assembly);
}
