using System.CommandLine;
using System.Numerics;
using TorrentPS.Cli.Options;
using TorrentPS.Cli.Rendering;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Commands;

internal sealed class CreateCommand
{
    private static readonly Dictionary<string, MetainfoVersion> s_versions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["1"] = MetainfoVersion.V1,
        ["2"] = MetainfoVersion.V2,
        ["hybrid"] = MetainfoVersion.Hybrid,
    };

    /// <summary>Minimum piece length in bytes, as BEP 52 requires: 16 KiB.</summary>
    private const int MinPieceLength = 16 << 10;

    /// <summary>Maximum piece length in bytes: 256 MiB. Few clients accept longer pieces.</summary>
    private const int MaxPieceLength = 256 << 20;

    private readonly Terminal _terminal;
    private readonly Argument<string> _path = new Argument<string>("PATH")
    {
        Description = "The file or folder to share. Its name becomes the torrent's name.",
    }.RejectOptions();

    private readonly Option<string> _output =
        new("--output") { Description = "Write the torrent file to FILE.", HelpName = "FILE", Required = true };
    private readonly Option<string[]> _trackers = new("--tracker")
    {
        Description = "Add a tracker by its announce URL. Repeat for more trackers; each gets its own tier.",
        HelpName = "URL",
    };

    private readonly Option<string[]> _webSeeds = new("--web-seed")
    {
        Description = "Add a web seed by the URL of the content (BEP 19). Repeat for more web seeds.",
        HelpName = "URL",
    };

    private readonly Option<string> _version =
        new("--version") { Description = "Create a v1, v2 or hybrid torrent.", DefaultValueFactory = _ => "1" };
    private readonly Option<int?> _pieceLength = CommonOptions.Ranged(
        "--piece-length",
        "Use N bytes per piece, a power of two. Default: chosen by the size of the content.",
        "N",
        MinPieceLength,
        MaxPieceLength);

    private readonly Option<bool> _private = new("--private")
    {
        Description = "Make the torrent private: clients find peers only through its trackers (BEP 27).",
    };

    private readonly Option<string?> _comment = new("--comment") { Description = "Add a comment.", HelpName = "TEXT" };
    private readonly Option<string?> _source =
        new("--source") { Description = "Add the place of publication. It changes the info hash.", HelpName = "TEXT" };
    private readonly Option<bool> _json = CommonOptions.Json("the new torrent");

    private CreateCommand(Terminal terminal)
    {
        _terminal = terminal;
        _version.AcceptOnlyFromAmong([.. s_versions.Keys]);
        _trackers.Validators.Add(result =>
        {
            foreach (string url in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
                    || uri.Scheme is not ("http" or "https" or "udp"))
                    result.AddError($"'{url}' is not an announce URL. Expected http://, https:// or udp://.");
            }
        });
        _webSeeds.Validators.Add(result =>
        {
            foreach (string url in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (!WebSeedUrl.TryParse(url, out _))
                    result.AddError($"'{url}' is not a web seed URL. Expected http:// or https://.");
            }
        });
        _pieceLength.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is { } length && !BitOperations.IsPow2(length))
                result.AddError($"--piece-length: {length} is not a power of two.");
        });
    }

    public static Command Create(Terminal terminal)
    {
        var self = new CreateCommand(terminal);
        var command = new Command("create", "Create a torrent file for a file or folder.")
        {
            self._path, self._output, self._trackers, self._webSeeds, self._version, self._pieceLength, self._private,
            self._comment, self._source, self._json,
        };
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        string path = parsed.GetRequiredValue(_path);
        string output = parsed.GetRequiredValue(_output);
        bool json = parsed.GetValue(_json);
        var options = new TorrentCreationOptions
        {
            Version = s_versions[parsed.GetRequiredValue(_version)],
            PieceLength = parsed.GetValue(_pieceLength),
            Trackers = [.. (parsed.GetValue(_trackers) ?? []).Select(url => new[] { url })],
            WebSeeds = parsed.GetValue(_webSeeds) ?? [],
            IsPrivate = parsed.GetValue(_private),
            Comment = parsed.GetValue(_comment),
            Source = parsed.GetValue(_source),
            CreatedBy = $"TorrentPS {typeof(CreateCommand).Assembly.GetName().Version?.ToString(3)}",
        };
        byte[] torrent;
        try
        {
            torrent = await HashingDisplay.FollowAsync(
                _terminal,
                json,
                "Hashing",
                progress => TorrentCreator.CreateAsync(path, options, progress: progress, cancellation: interrupted));
        }
        catch (ArgumentException e)
        {
            throw new CommandException(ExitCode.Failed, $"{path}: {e.Message}");
        }

        await File.WriteAllBytesAsync(output, torrent, interrupted);
        TorrentInfoRecord info = TorrentInfoRecord.Of(TorrentMetainfo.Parse(torrent), output);
        if (json)
            JsonLines.Write(_terminal.Out, info);
        else
            TorrentInfoText.Write(_terminal.Out, info);
        return ExitCode.Done;
    }
}
