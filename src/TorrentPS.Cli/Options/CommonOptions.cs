using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Options;

/// <summary>Parses a text. Returns false if the text is not valid.</summary>
internal delegate bool TextParser<T>(string text, out T value);

internal static class CommonOptions
{
    public static Argument<string> TorrentFile() =>
        new Argument<string>("FILE") { Description = "A .torrent file or its URL." }.RejectOptions();

    public static Argument<string> FileOrLink() =>
        new Argument<string>("FILE") { Description = "A .torrent file or its URL, a magnet link or an info hash." }.RejectOptions();

    /// <summary>
    /// Makes the argument reject values that begin with <c>--</c>, because they usually are misspelt options. A file
    /// whose name begins with <c>--</c> can be given as <c>./--name</c>.
    /// </summary>
    public static T RejectOptions<T>(this T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            IEnumerable<Token> options =
                result.Tokens.Where(token => token.Value.StartsWith("--", StringComparison.Ordinal));
            foreach (Token token in options)
                result.AddError($"Unrecognized option '{token.Value}'.");
        });
        return argument;
    }

    /// <summary>Creates an option that can be repeated.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">Description of the option.</param>
    /// <param name="value">Placeholder of a value in the help, such as <c>HOST:PORT</c>.</param>
    /// <param name="parse">Parses one value.</param>
    /// <param name="problem">
    /// End of the error message for an invalid value, which begins with <c>'value' is</c>.
    /// </param>
    public static Option<T[]> Repeatable<T>(
        string name, string description, string value, TextParser<T> parse, string problem) => new(name)
        {
            Description = description,
            HelpName = value,
            CustomParser = result =>
            {
                var values = new List<T>();
                foreach (Token token in result.Tokens)
                {
                    if (parse(token.Value, out T parsed))
                        values.Add(parsed);
                    else
                        result.AddError($"'{token.Value}' is {problem}.");
                }

                return [.. values];
            },
        };

    public static Option<string> Data() => new("--data")
    {
        Description = "Use the content at PATH: the folder that contains it, or the content itself under any name.",
        HelpName = "PATH",
        Required = true,
    };

    /// <summary>Finds the content that <c>--data</c> names.</summary>
    /// <exception cref="CommandException">The content is not at the path (exit code 1).</exception>
    public static ContentLocation FindData(TorrentMetainfo metainfo, string path)
    {
        try
        {
            return ContentLocation.Find(metainfo, path);
        }
        catch (FileNotFoundException e)
        {
            throw new CommandException(ExitCode.Failed, e.Message);
        }
    }

    public static Option<bool> Json(string what) =>
        new("--json") { Description = $"Write {what} as JSON, one object per line." };

    public static Option<string?> Log() => new("--log")
    {
        Description = "Append events, such as connections, bans and tracker answers, to FILE as JSON, one object per "
            + "line. - is standard error.",
        HelpName = "FILE",
    };

    public static Option<bool> Quiet() => new("--quiet") { Description = "Write only errors." };

    public static Option<long?> Rate(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "B",
        CustomParser = result =>
        {
            if (TryParseBytes(result.Tokens[0].Value) is { } bytes)
                return bytes;
            result.AddError(
                $"'{result.Tokens[0].Value}' is not a rate. Write bytes per second, such as 500000, 512K or 2M.");
            return null;
        },
    };

    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (DurationText.TryParse(result.Tokens[0].Value, out TimeSpan duration))
                return duration;
            result.AddError($"{name}: '{result.Tokens[0].Value}' is not a time. Write seconds, or such as 30m or 2h.");
            return null;
        },
    };

    public static Option<int?> Ranged(string name, string description, string helpName, int min, int max) => new(
        name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                && value >= min
                && value <= max)
            {
                return value;
            }

            result.AddError($"{name}: '{text}' is not a whole number from {min} to {max}.");
            return null;
        },
    };

    /// <summary>Makes the command reject a command line that contains both options.</summary>
    public static void MakeExclusive(this Command command, Option one, Option other) => command.Validators.Add(result =>
    {
        if (IsGiven(result, one) && IsGiven(result, other))
            result.AddError($"{one.Name} and {other.Name} cannot be used together.");
    });

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static long? TryParseBytes(string text)
    {
        int shift = text is [.., var unit]
            ? char.ToUpperInvariant(unit) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 }
            : 0;
        ReadOnlySpan<char> digits = shift > 0 ? text.AsSpan(0, text.Length - 1) : text;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            return null;
        return value > 0 && value <= long.MaxValue >> shift ? value << shift : null;
    }
}
