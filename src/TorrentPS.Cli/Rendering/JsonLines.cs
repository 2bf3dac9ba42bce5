using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TorrentPS.Cli.Rendering;

/// <summary>One JSON object per line. Enumerations are words; times are <c>[d.]hh:mm:ss[.fffffff]</c>; names are not escaped beyond need.</summary>
internal static class JsonLines
{
    private static readonly JsonRecords s_records = new(new JsonSerializerOptions
    {
        // What is written goes to a terminal, a file or a pipe, never into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static void Write(TextWriter output, TorrentInfoRecord record) => Write(output, record, s_records.TorrentInfoRecord);

    public static void Write(TextWriter output, StatusRecord record) => Write(output, record, s_records.StatusRecord);

    public static void Write(TextWriter output, ResultRecord record) => Write(output, record, s_records.ResultRecord);

    public static void Write(TextWriter output, PeerRecord record) => Write(output, record, s_records.PeerRecord);

    public static void Write(TextWriter output, CheckRecord record) => Write(output, record, s_records.CheckRecord);

    private static void Write<T>(TextWriter output, T record, JsonTypeInfo<T> type)
    {
        output.WriteLine(JsonSerializer.Serialize(record, type));
        output.Flush();
    }
}

/// <summary>The serialisers, made by the compiler: nothing is looked up at run time.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(TorrentInfoRecord))]
[JsonSerializable(typeof(StatusRecord))]
[JsonSerializable(typeof(ResultRecord))]
[JsonSerializable(typeof(PeerRecord))]
[JsonSerializable(typeof(CheckRecord))]
internal sealed partial class JsonRecords : JsonSerializerContext;
