using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace TorrentPS.Cli.Options;

/// <summary>Arguments and options that several commands share, each made anew for its command.</summary>
internal static class CommonOptions
{
    public static Argument<string> TorrentFile() => new Argument<string>("FILE") { Description = "A .torrent file." }.NoOptions();

    public static Argument<string> FileOrLink() => new Argument<string>("FILE") { Description = "A .torrent file or a magnet link." }.NoOptions();

    /// <summary>A misspelt option is not a file; a file of such a name can be given as <c>./--name</c>.</summary>
    public static T NoOptions<T>(this T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens.Where(token => token.Value.StartsWith("--", StringComparison.Ordinal)))
                result.AddError($"Unrecognized option '{token.Value}'.");
        });
        return argument;
    }

    public static Option<string> Data() => new("--data")
    {
        Description = "The folder that holds the torrent's content: its top-level file or folder.",
        HelpName = "DIR",
        Required = true,
    };

    public static Option<bool> Json(string what) => new("--json") { Description = $"Write {what} as JSON, one object per line." };

    public static Option<bool> Quiet() => new("--quiet") { Description = "Write nothing but errors." };

    public static Option<int?> Port() => Ranged("--port", "The port to listen on; 0 lets the system choose. Default: the first free of 6881-6999.", "N", 0, IPEndPoint.MaxPort);

    public static Option<IPAddress?> Bind() => new("--bind")
    {
        Description = "The only local address to listen on and connect from.",
        HelpName = "ADDR",
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out IPAddress? address))
                return address;
            result.AddError($"'{result.Tokens[0].Value}' is not an IP address.");
            return null;
        },
    };

    public static Option<long?> Rate(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "B",
        CustomParser = result =>
        {
            if (TryParseBytes(result.Tokens[0].Value) is { } bytes)
                return bytes;
            result.AddError($"'{result.Tokens[0].Value}' is not a rate: expected bytes per second, as 500000, 512K or 2M.");
            return null;
        },
    };

    /// <summary>A whole number within bounds.</summary>
    public static Option<int?> Ranged(string name, string description, string helpName, int least, int most) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
                return value;
            result.AddError($"{name}: '{result.Tokens[0].Value}' is not a whole number from {least} to {most}.");
            return null;
        },
    };

    /// <summary>Refuses two options that contradict each other.</summary>
    public static void Exclusive(this Command command, Option one, Option other) => command.Validators.Add(result =>
    {
        if (IsGiven(result, one) && IsGiven(result, other))
            result.AddError($"{one.Name} and {other.Name} can't be used together.");
    });

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static long? TryParseBytes(string text)
    {
        int shift = text is [.., var unit] ? char.ToUpperInvariant(unit) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 } : 0;
        ReadOnlySpan<char> digits = shift > 0 ? text.AsSpan(0, text.Length - 1) : text;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value > 0 && value <= long.MaxValue >> shift
            ? value << shift
            : null;
    }
}
