using System.Text;

namespace TorrentPS.Cli.Tests;

/// <summary>Collects lines, and calls an action when a line contains a text.</summary>
internal sealed class WatchedWriter(string text, Action found) : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private readonly List<string> _lines = [];

    public override Encoding Encoding => Encoding.UTF8;

    public string[] Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public override void Write(char value)
    {
        lock (_gate)
        {
            if (value is not '\n')
            {
                _line.Append(value);
                return;
            }

            _lines.Add(_line.ToString().TrimEnd('\r'));
            _line.Clear();
            if (_lines[^1].Contains(text, StringComparison.Ordinal))
                found();
        }
    }
}
