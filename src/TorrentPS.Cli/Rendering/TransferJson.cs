using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// Converts statuses and results to JSON objects with all properties of the engine's records. As in the module, a fault
/// is written as the properties FaultId and Fault, and the session's warnings are added.
/// </summary>
internal static class TransferJson
{
    private static readonly EngineRecords s_records = new(new JsonSerializerOptions
    {
        // The output goes to a terminal, a file or a pipe, never into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new InfoHashConverter(), new InfoHashV2Converter() },
    });

    public static JsonObject Of(TorrentStatus status, IEnumerable<string> warnings)
    {
        JsonObject json = Of(status);
        json["Warnings"] = WarningsOf(warnings);
        return json;
    }

    /// <summary>Returns an object with the properties of the result and of its status, and the warnings.</summary>
    public static JsonObject Of(TorrentResult result, IEnumerable<string> warnings)
    {
        JsonObject json = Of(result.Status);
        json[nameof(result.GoalReached)] = result.GoalReached;
        json[nameof(result.AverageRate)] = result.AverageRate;
        json["Warnings"] = WarningsOf(warnings);
        return json;
    }

    private static JsonObject Of(TorrentStatus status)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(status, s_records.TorrentStatus)!;
        json["FaultId"] = status.Fault?.Id.ToString();
        json["Fault"] = status.Fault?.Message;
        return json;
    }

    private static JsonArray WarningsOf(IEnumerable<string> warnings) =>
        [.. warnings.Select(warning => JsonValue.Create(warning))];
}

/// <summary>Serializers for the engine's records, generated at compile time.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(TorrentStatus))]
internal sealed partial class EngineRecords : JsonSerializerContext;

/// <summary>Writes a v1 info hash in lower-case hexadecimal.</summary>
internal sealed class InfoHashConverter : JsonConverter<InfoHash>
{
    public override InfoHash Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, InfoHash value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Writes a v2 info hash in lower-case hexadecimal.</summary>
internal sealed class InfoHashV2Converter : JsonConverter<InfoHashV2>
{
    public override InfoHashV2 Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, InfoHashV2 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
