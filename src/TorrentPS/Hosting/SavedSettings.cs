using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Reads and writes the JSON file in which Set-TorrentSession -Save stores <see cref="SessionSettings"/>. The file
/// contains only settings that differ from their defaults, so that the other settings get the defaults of later
/// versions.
/// </summary>
internal static class SavedSettings
{
    /// <summary>
    /// Maximum size of the file in bytes. A larger file is rejected before it is read. The longest block list
    /// (<see cref="SessionSettings.MaxBlockList"/>) takes about 500 KB. The other settings take a few hundred bytes.
    /// </summary>
    private const int MaxSize = 1 << 20;

    private static readonly JsonDocumentOptions s_format = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Full path of <c>session.json</c> in the default state folder.</summary>
    public static string Path => System.IO.Path.Combine(SessionSettings.DefaultStateFolder, "session.json");

    /// <summary>Reads the settings from a file. Returns the defaults if the file does not exist.</summary>
    /// <exception cref="FormatException">
    /// The file can't be read or a setting is not valid; the message has the path and the reason.
    /// </exception>
    public static SessionSettings Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return new SessionSettings();
            if (file.Length > MaxSize)
                throw new FormatException($"it has {file.Length} bytes");
            JsonObject saved = JsonNode.Parse(File.ReadAllBytes(path), documentOptions: s_format) as JsonObject
                ?? throw new FormatException("it is not a JSON object");
            SessionSettings settings = Merge(saved).Deserialize(SessionSettingsJson.Default.SessionSettings)!;
            settings.Check();
            return settings;
        }
        catch (Exception e) when (e is JsonException or FormatException or SessionException or IOException
            or UnauthorizedAccessException)
        {
            throw new FormatException($"The session settings in '{path}' can't be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Writes the settings to an atomic file. Only the owner may read the file, because the address of the peer cache
    /// can contain a password.
    /// </summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the file was denied.</exception>
    public static void Save(string path, SessionSettings settings)
    {
        JsonObject json = ToJson(settings);
        foreach ((string name, JsonNode? value) in ToJson(new SessionSettings()))
        {
            if (JsonNode.DeepEquals(json[name], value))
                json.Remove(name);
        }

        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(json, SessionSettingsJson.Default.JsonObject);
        AtomicFile.Write(path, bytes, ownerOnly: true, durable: true);
    }

    /// <summary>
    /// Returns the settings in the file, completed with the defaults. A setting that is null in the file gets its
    /// default.
    /// </summary>
    private static JsonObject Merge(JsonObject saved)
    {
        JsonObject merged = ToJson(new SessionSettings());
        foreach ((string name, JsonNode? value) in saved)
        {
            if (value is not null)
                merged[name] = value.DeepClone();
        }

        return merged;
    }

    private static JsonObject ToJson(SessionSettings settings) =>
        (JsonObject)JsonSerializer.SerializeToNode(settings, SessionSettingsJson.Default.SessionSettings)!;
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    Converters = [typeof(AddressConverter), typeof(NetworkConverter), typeof(PeerCacheConverter), typeof(IPFilterConverter)])]
[JsonSerializable(typeof(SessionSettings))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class SessionSettingsJson : JsonSerializerContext;

internal sealed class AddressConverter : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        IPAddress.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

internal sealed class NetworkConverter : JsonConverter<IPNetwork>
{
    public override IPNetwork Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        IPNetwork.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, IPNetwork value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Converts an IP filter to and from the path of its file. The path is empty without a filter.</summary>
internal sealed class IPFilterConverter : JsonConverter<IPFilter>
{
    public override IPFilter Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } path ? IPFilter.LoadSaved(path) : IPFilter.None;

    public override void Write(Utf8JsonWriter writer, IPFilter value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Converts a peer cache location to and from its text, including user name and password.</summary>
internal sealed class PeerCacheConverter : JsonConverter<PeerCacheLocation>
{
    public override PeerCacheLocation Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        PeerCacheLocation.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, PeerCacheLocation value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Text);
}
