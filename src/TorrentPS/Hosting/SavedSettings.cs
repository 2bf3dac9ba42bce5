using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>Session settings as they are kept in a file: what differs from the defaults, so that better defaults of a later version hold.</summary>
internal sealed record SavedSettings
{
    /// <summary>Nobody writes so much; a file that is larger is something else.</summary>
    private const int MaxSize = 64 << 10;

    /// <summary>Where they are kept.</summary>
    public static string Path => System.IO.Path.Combine(SessionSettings.DefaultStateFolder, "session.json");

    public int? Port { get; init; }

    public string? BindAddress { get; init; }

    public bool? EnableDht { get; init; }

    public bool? EnablePex { get; init; }

    public bool? EnableLsd { get; init; }

    public bool? EnableWebSeeds { get; init; }

    public string[]? DhtBootstrap { get; init; }

    public long? DownloadLimit { get; init; }

    public long? UploadLimit { get; init; }

    public int? MaxConnections { get; init; }

    public string? PeerCache { get; init; }

    public long? MaxMetadataSize { get; init; }

    /// <summary>Reads a file; without one there are the defaults.</summary>
    /// <exception cref="FormatException">The file holds no settings, or such as can't be met; the message says where and why.</exception>
    public static SessionSettings Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return new SessionSettings();
            if (file.Length > MaxSize)
                throw new FormatException($"it has {file.Length} bytes");
            SavedSettings? saved = JsonSerializer.Deserialize(File.ReadAllBytes(path), SavedSettingsJson.Default.SavedSettings);
            SessionSettings settings = saved?.ToSettings() ?? throw new FormatException("it is empty");
            settings.Check();
            return settings;
        }
        catch (Exception e) when (e is JsonException or FormatException or SessionException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"'{path}' holds no session settings that can be used: {e.Message}", e);
        }
    }

    /// <summary>Writes a file as a whole or not at all. Only its owner can read it: the address of a peer cache may hold a password.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Save(string path, SessionSettings settings)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(Of(settings), SavedSettingsJson.Default.SavedSettings);
        AtomicFile.Write(path, json, ownerOnly: true, durable: true);
    }

    private static SavedSettings Of(SessionSettings settings)
    {
        var defaults = new SessionSettings();
        return new SavedSettings
        {
            Port = settings.Port,
            BindAddress = settings.BindAddress?.ToString(),
            EnableDht = settings.EnableDht == defaults.EnableDht ? null : settings.EnableDht,
            EnablePex = settings.EnablePex == defaults.EnablePex ? null : settings.EnablePex,
            EnableLsd = settings.EnableLsd == defaults.EnableLsd ? null : settings.EnableLsd,
            EnableWebSeeds = settings.EnableWebSeeds == defaults.EnableWebSeeds ? null : settings.EnableWebSeeds,
            DhtBootstrap = settings.DhtBootstrap.SequenceEqual(defaults.DhtBootstrap) ? null : [.. settings.DhtBootstrap],
            DownloadLimit = settings.DownloadLimit,
            UploadLimit = settings.UploadLimit,
            MaxConnections = settings.MaxConnections == defaults.MaxConnections ? null : settings.MaxConnections,
            PeerCache = settings.PeerCache == defaults.PeerCache ? null : settings.PeerCache.Text,
            MaxMetadataSize = settings.MaxMetadataSize == defaults.MaxMetadataSize ? null : settings.MaxMetadataSize,
        };
    }

    private SessionSettings ToSettings()
    {
        var defaults = new SessionSettings();
        return defaults with
        {
            Port = Port,
            BindAddress = BindAddress is null ? null : IPAddress.Parse(BindAddress),
            EnableDht = EnableDht ?? defaults.EnableDht,
            EnablePex = EnablePex ?? defaults.EnablePex,
            EnableLsd = EnableLsd ?? defaults.EnableLsd,
            EnableWebSeeds = EnableWebSeeds ?? defaults.EnableWebSeeds,
            DhtBootstrap = DhtBootstrap ?? defaults.DhtBootstrap,
            DownloadLimit = DownloadLimit,
            UploadLimit = UploadLimit,
            MaxConnections = MaxConnections ?? defaults.MaxConnections,
            PeerCache = PeerCache is null ? defaults.PeerCache : PeerCacheLocation.Parse(PeerCache),
            MaxMetadataSize = MaxMetadataSize ?? defaults.MaxMetadataSize,
        };
    }
}

/// <summary>The serialiser, made by the compiler: nothing is looked up at run time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(SavedSettings))]
internal sealed partial class SavedSettingsJson : JsonSerializerContext;
