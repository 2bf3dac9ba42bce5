using System.Text;

namespace TorrentPS.Cli;

/// <summary>
/// Writes to a terminal. Ignores failed writes, which mean that the terminal was closed. An exception would end the
/// command before it announces <c>stopped</c> to the trackers and writes verified pieces to disk.
/// </summary>
internal sealed class TerminalWriter(TextWriter terminal) : TextWriter
{
    public override Encoding Encoding => terminal.Encoding;

    public override void Write(char value) => Try(() => terminal.Write(value));

    public override void Write(string? value) => Try(() => terminal.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => terminal.Write(buffer, index, count));

    public override void Flush() => Try(terminal.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // The user closed the terminal.
        }
    }
}
