using Spectre.Console;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Shows a progress bar while content is hashed, if the output is a terminal.</summary>
internal static class HashingDisplay
{
    public static Task<T> FollowAsync<T>(
        Terminal terminal, bool quiet, string verb, Func<IProgress<ContentProgress>?, Task<T>> work) =>
        quiet || !terminal.IsInteractive ? work(null) : WithBarAsync(terminal, verb, work);

    private static Task<T> WithBarAsync<T>(
        Terminal terminal, string verb, Func<IProgress<ContentProgress>?, Task<T>> work) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out) }).Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask(verb))));

    private sealed class Bar(ProgressTask task) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => task.Value = value.Percent;
    }
}
