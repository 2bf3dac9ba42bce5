using TorrentPS.Engine.Transport.Utp;

namespace TorrentPS.Simulation.Utp;

/// <summary>A flow that sends as much as it can over a link, and counts what arrives in order.</summary>
internal interface IFlow
{
    /// <summary>Number of bytes that the receiver's program has read.</summary>
    long Received { get; }
}

/// <summary>A uTP connection that sends without end, or a given number of bytes. The receiver checks each byte.</summary>
internal sealed class UtpFlow : IFlow
{
    /// <summary>Number of bytes after which the content repeats. It is coprime to the length of packets.</summary>
    private const int Period = 65_521;

    private static readonly byte[] s_content = CreateContent();

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly UtpHost _from, _to;
    private readonly long _length;
    private long _written;
    private bool _isDone;

    public UtpFlow(UtpHost from, UtpHost to, long length = long.MaxValue)
    {
        _from = from;
        _to = to;
        _length = length;
        Sender = from.Table.Connect(to.Address, from.Now)!;
        from.Changed += OnSenderChanged;
        to.Changed += OnReceiverChanged;
        from.Flush();
    }

    public UtpConnection Sender { get; }

    public UtpConnection? Receiver { get; private set; }

    public long Received { get; private set; }

    /// <summary>Whether a byte was not the one that was sent.</summary>
    public bool IsCorrupt { get; private set; }

    /// <summary>Whether the receiver reads.</summary>
    public bool IsReading { get; set; } = true;

    /// <summary>Reads what has arrived while the receiver did not read.</summary>
    public void Resume()
    {
        _to.Changed!(Receiver!);
        _to.Flush();
    }

    private void Read()
    {
        if (Receiver is null || !IsReading)
            return;
        int count;
        while ((count = Receiver.Read(_buffer)) > 0)
        {
            for (int i = 0; i < count; i += 97)
                IsCorrupt |= _buffer[i] != s_content[(Received + i) % Period];
            Received += count;
        }

        _to.Table.Touch(Receiver);
    }

    private void OnSenderChanged(UtpConnection connection)
    {
        if (connection != Sender || !Sender.CanWrite || _written == _length)
            return;
        int count;
        bool wrote = false;
        do
        {
            int length = (int)Math.Min(s_content.Length - Period, _length - _written);
            count = Sender.Write(s_content.AsSpan((int)(_written % Period), length));
            _written += count;
            wrote |= count > 0;
        }
        while (count > 0 && _written < _length);
        if (_written == _length && _length > 0)
            Sender.Shutdown(_from.Now);
        if (wrote || _written == _length)
            _from.Table.Touch(Sender);
    }

    private void OnReceiverChanged(UtpConnection connection)
    {
        if (Receiver is null && connection.Remote == _from.Address && connection.SendId == Sender.ReceiveId)
            Receiver = connection;
        if (connection != Receiver || !IsReading)
            return;
        if (Receiver.CanRead)
            Read();
        if (Receiver.IsPeerDone && !_isDone)
        {
            _isDone = true;
            Receiver.Shutdown(_to.Now);
            _to.Table.Touch(Receiver);
        }
    }

    private static byte[] CreateContent()
    {
        byte[] content = new byte[Period + (128 * 1024)];
        new Random(Period).NextBytes(content.AsSpan(0, Period));
        for (int i = Period; i < content.Length; i++)
            content[i] = content[i - Period];
        return content;
    }
}
