using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// Writes one JSON object per line. An enumeration value is written as its name. Non-ASCII letters and the characters
/// that HTML reserves are not escaped.
/// </summary>
internal static class JsonLines
{
    private static readonly JsonRecords s_records = new(new JsonSerializerOptions
    {
        // The output goes to a terminal, a file or a pipe, never into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static void Write(TextWriter output, TorrentInfoRecord record) =>
        Write(output, record, s_records.TorrentInfoRecord);

    public static void Write(TextWriter output, PeerRecord record) => Write(output, record, s_records.PeerRecord);

    public static void Write(TextWriter output, TrackerRecord record) => Write(output, record, s_records.TrackerRecord);

    public static void Write(TextWriter output, CheckRecord record) => Write(output, record, s_records.CheckRecord);

    public static void Write(TextWriter output, EventRecord record) => Write(output, record, s_records.EventRecord);

    /// <summary>Writes JSON text and flushes the output, so that a pipe receives each line at once.</summary>
    public static void WriteLine(TextWriter output, string json)
    {
        output.WriteLine(json);
        output.Flush();
    }

    private static void Write<T>(TextWriter output, T record, JsonTypeInfo<T> type) =>
        WriteLine(output, JsonSerializer.Serialize(record, type));
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(TorrentInfoRecord))]
[JsonSerializable(typeof(PeerRecord))]
[JsonSerializable(typeof(TrackerRecord))]
[JsonSerializable(typeof(CheckRecord))]
[JsonSerializable(typeof(EventRecord))]
internal sealed partial class JsonRecords : JsonSerializerContext;
