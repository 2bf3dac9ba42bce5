using Spectre.Console;
using Spectre.Console.Rendering;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// Shows a progress bar with the transfer rates, the number of peers and the remaining time. The output must be a
/// terminal.
/// </summary>
internal sealed class BarDisplay(IAnsiConsole console) : ITransferDisplay
{
    public Task<TorrentResult> FollowAsync(Func<Action<TorrentStatus>, Task<TorrentResult>> transfer)
    {
        TorrentStatus? last = null;
        return console.Progress()
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RatesColumn(() => last))
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask("Starting");
                return transfer(status =>
                {
                    last = status;
                    task.Description = $"{TransferText.State(status),-11} {Markup.Escape(Shorten(status.Name))}";
                    task.Value = status.Progress;
                });
            });
    }

    public void Warn(string warning) => console.WriteLine($"Warning: {warning}");

    public void Finish(TorrentResult result) => console.WriteLine(TransferText.Summary(result));

    private static string Shorten(string name)
    {
        const int MaxLength = 30;
        var text = new System.Globalization.StringInfo(name);
        return text.LengthInTextElements <= MaxLength ? name : text.SubstringByTextElements(0, MaxLength - 1) + "…";
    }

    private sealed class RatesColumn(Func<TorrentStatus?> status) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(status() is { } now ? TransferText.Rates(now) : "", Style.Plain);
    }
}
